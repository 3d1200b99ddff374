#include "cluster/credentials.h"

#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/wiped.h"
#include "cluster/credential_plugin.h"

namespace pxguard::cluster {
namespace {

using WallClock = CredentialSource::Clock;

// The kubelet replaces a token when a fifth of its life is left.
constexpr auto kFileAge = std::chrono::seconds(60);
// A clock that goes wrong by less does not make us show what has expired.
constexpr auto kExpirySlack = std::chrono::seconds(10);

// What stands in the file, or was given; `into` is left alone where there is neither.
std::optional<Error> read_into(SecretValue& into, const FileOrText& source, std::string_view field,
                               std::size_t limit) {
  if (source.path.empty()) {
    if (!source.text.empty()) into = SecretValue(source.text.expose());
    return std::nullopt;
  }
  auto text = read_file(source.path, limit);
  if (!text) {
    return Error{text.error().code, fmt::format("{} {}: {}", field, printable(source.path, 200),
                                                text.error().message)};
  }
  into = SecretValue(*text);
  wipe(*text);
  return std::nullopt;
}

// The token of a header: a line break in it would begin another one.
Result<SecretValue> bearer(const SecretValue& bytes) {
  const std::string_view token = trim(bytes.expose());
  if (token.empty()) return Error{Error::Code::Invalid, "the token is empty"};
  if (token.size() > limits::kToken) return Error{Error::Code::TooLarge, "the token is too long"};
  for (const char c : token) {
    if (c <= ' ' || c > '~')
      return Error{Error::Code::Invalid, "the token has characters that no token has"};
  }
  return SecretValue(token);
}

Result<Credentials> made_of(const Material& material) {
  Credentials credentials;
  if (!material.token.empty()) {
    auto token = bearer(material.token);
    if (!token) return token.error();
    credentials.token = std::move(*token);
  }
  if (!material.certificate.empty() || !material.key.empty()) {
    auto pair = certs::KeyPair::parse(material.certificate.expose(), material.key.expose());
    if (!pair) return Error{pair.error().code, "its client certificate: " + pair.error().message};
    credentials.pair = std::move(*pair);
  }
  return credentials;
}

}  // namespace

Result<SharedCredentials> CredentialSource::current(WallClock::time_point now) {
  const std::lock_guard lock(mutex_);
  // A clock that was set back makes everything look fresh.
  if (last_ && now < read_again_ && now >= read_at_) return last_;
  return read(now);
}

Result<SharedCredentials> CredentialSource::instead_of(const SharedCredentials& refused,
                                                       WallClock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (last_ && last_ != refused) return last_;
  return read(now);
}

Result<Material> CredentialSource::gather(WallClock::time_point now) {
  Material material;
  if (auto error = read_into(material.token, user_.token, "tokenFile", limits::kToken))
    return *error;
  if (!user_.token.path.empty() && material.token.empty()) {
    return Error{Error::Code::Invalid,
                 fmt::format("tokenFile {}: it is empty", printable(user_.token.path, 200))};
  }
  auto error =
      read_into(material.certificate, user_.certificate, "client-certificate", limits::kKeyFile);
  if (!error) error = read_into(material.key, user_.key, "client-key", limits::kKeyFile);
  if (error) return *error;
  read_again_ = now + kFileAge;
  if (!user_.plugin) return material;
  auto answer = run_plugin(*user_.plugin);
  if (!answer) return answer.error();
  if (!answer->material.token.empty()) material.token = std::move(answer->material.token);
  if (!answer->material.key.empty()) {
    material.certificate = std::move(answer->material.certificate);
    material.key = std::move(answer->material.key);
  }
  // Without an expiry it is good until the server says otherwise.
  read_again_ = answer->expires ? *answer->expires - kExpirySlack : WallClock::time_point::max();
  return material;
}

Result<SharedCredentials> CredentialSource::read(WallClock::time_point now) {
  const auto failed = [this](const Error& error) {
    return Error{error.code, user_.origin + ": " + error.message};
  };
  const auto material = gather(now);
  if (!material) return failed(material.error());
  read_at_ = now;
  std::string digest;
  for (const SecretValue* part : {&material->token, &material->certificate, &material->key})
    digest += keyed_digest(*part) + ' ';
  if (last_ && digest == last_digest_) return last_;
  auto made = made_of(*material);
  if (!made) return failed(made.error());
  last_ = std::make_shared<const Credentials>(std::move(*made));
  last_digest_ = std::move(digest);
  return last_;
}

}  // namespace pxguard::cluster
