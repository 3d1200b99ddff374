#include "certs/client_authorities.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <utility>

#include "certs/openssl_handles.h"

namespace pxguard::certs {
namespace {

inline void free_names(STACK_OF(X509_NAME) * names) {
  sk_X509_NAME_pop_free(names, X509_NAME_free);
}

using StoreHandle = std::unique_ptr<X509_STORE, FreeBy<X509_STORE_free>>;
using AuthorityNames = std::unique_ptr<STACK_OF(X509_NAME), FreeBy<free_names>>;

}  // namespace

struct ClientAuthorities::Parts {
  StoreHandle store{X509_STORE_new()};
  AuthorityNames names{sk_X509_NAME_new_null()};

  bool add(X509* ca) {
    X509_NAME* name = X509_NAME_dup(X509_get_subject_name(ca));
    if (name == nullptr || sk_X509_NAME_push(names.get(), name) <= 0) {
      X509_NAME_free(name);
      return false;
    }
    return X509_STORE_add_cert(store.get(), ca) == 1;
  }
};

ClientAuthorities::ClientAuthorities(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ClientAuthorities::ClientAuthorities(ClientAuthorities&&) noexcept = default;
ClientAuthorities::~ClientAuthorities() = default;

X509_STORE* ClientAuthorities::store() const { return parts_->store.get(); }
stack_st_X509_NAME* ClientAuthorities::names() const { return parts_->names.get(); }

Result<ClientAuthorities> ClientAuthorities::parse(std::string_view pem) {
  auto parts = std::make_unique<Parts>();
  if (!parts->store || !parts->names) return Error{Error::Code::Internal, "out of memory"};
  const BioHandle text = memory_of(pem);
  int count = 0;
  while (true) {
    const CertificateHandle ca(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    if (!ca) break;
    if (!parts->add(ca.get())) {
      ERR_clear_error();
      return Error{Error::Code::Invalid, "OpenSSL does not take a CA certificate for clients"};
    }
    ++count;
  }
  ERR_clear_error();
  if (count == 0) {
    return Error{Error::Code::Invalid, "there is no CA certificate in PEM form for clients"};
  }
  return ClientAuthorities(std::move(parts));
}

ClientAuthorityFile::ClientAuthorityFile(std::string path, FileReader read,
                                         Published<ClientAuthorities>& authorities)
    : path_(std::move(path)), read_(std::move(read)), authorities_(authorities) {}

FileSource::Look ClientAuthorityFile::poll() {
  Result<std::string> text = read_(path_);
  if (!text) return refuse(text.error().message);
  if (*text == seen_) return {};
  seen_ = std::move(text).value();
  Result<ClientAuthorities> parsed = ClientAuthorities::parse(seen_);
  if (!parsed) return refuse(parsed.error().message);
  authorities_.publish(std::make_shared<const ClientAuthorities>(std::move(parsed).value()));
  said_.clear();
  return {FileSource::Change::Replaced, {}};
}

FileSource::Look ClientAuthorityFile::refuse(const std::string& why) {
  if (std::exchange(said_, why) == why) return {};
  return {FileSource::Change::Refused, fmt::format("{}: {}", path_, why)};
}

}  // namespace pxguard::certs
