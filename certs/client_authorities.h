// The CAs whose certificates a client may show, as one file of PEM has them, and the file itself,
// which may change while we serve.
//
// Threads: any number may read ClientAuthorities; one may poll a ClientAuthorityFile.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/published.h"
#include "base/result.h"
#include "certs/file_source.h"

struct stack_st_X509_NAME;

namespace pxguard::certs {

class ClientAuthorities {
 public:
  // Invalid where there is no certificate in `pem`.
  static Result<ClientAuthorities> parse(std::string_view pem);

  ClientAuthorities(ClientAuthorities&&) noexcept;
  ~ClientAuthorities();

  // For OpenSSL's calls, which take no const. Owned by this.
  [[nodiscard]] X509_STORE* store() const;
  [[nodiscard]] stack_st_X509_NAME* names() const;

 private:
  struct Parts;
  explicit ClientAuthorities(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

class ClientAuthorityFile {
 public:
  ClientAuthorityFile(std::string path, FileReader read, Published<ClientAuthorities>& authorities);

  // Refused is said once for each content that does not do; the CAs from before stay in use.
  FileSource::Look poll();

 private:
  FileSource::Look refuse(const std::string& why);

  const std::string path_;
  const FileReader read_;
  Published<ClientAuthorities>& authorities_;
  std::string seen_;
  std::string said_;
};

}  // namespace pxguard::certs
