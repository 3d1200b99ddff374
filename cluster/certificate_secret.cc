#include "cluster/certificate_secret.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/rfc3339.h"

namespace pxguard::cluster {
namespace {

using certs::Issued;

std::string decoded(json::Value data, std::string_view key) {
  auto bytes = base64_decode(data[key].text());
  return bytes ? std::move(*bytes) : std::string();
}

std::optional<Issued> issued(json::Value data, std::string_view certificate, std::string_view key) {
  std::string pem = decoded(data, certificate);
  std::string secret = decoded(data, key);
  std::optional<Issued> read;
  if (!pem.empty() && !secret.empty()) read = Issued{std::move(pem), SecretValue(secret)};
  wipe(secret);
  return read;
}

// Writes the members of `data`, none of which needs an escape.
class Data {
 public:
  Data(Wiped& text, bool is_whole) : text_(text), is_whole_(is_whole) {}

  // kubernetes.io/tls wants both of the leaf, even where there is none.
  void pair(std::string_view certificate, std::string_view key, const std::optional<Issued>& issued,
            bool is_required = false) {
    if (!issued) {
      absent(certificate, is_required);
      return absent(key, is_required);
    }
    member(certificate, issued->certificate_pem);
    member(key, issued->key_pem.expose());
  }
  void pem(std::string_view name, std::string_view pem) {
    if (pem.empty()) return absent(name, false);
    member(name, pem);
  }

 private:
  void member(std::string_view name, std::string_view bytes) {
    std::string value = base64_encode(bytes);
    begin(name);
    text_.append("\"");
    text_.append(value);
    text_.append("\"");
    wipe(value);
  }
  void absent(std::string_view name, bool is_required) {
    if (is_whole_ && !is_required) return;
    begin(name);
    text_.append(is_required ? "\"\"" : "null");
  }
  void begin(std::string_view name) {
    text_.append(std::exchange(is_first_, false) ? "\"" : ",\"");
    text_.append(name);
    text_.append("\":");
  }

  Wiped& text_;
  const bool is_whole_;
  bool is_first_ = true;
};

nlohmann::ordered_json metadata_of(const SecretPlace& place, const certs::Custody& custody,
                                   std::string_view version) {
  nlohmann::ordered_json metadata = {
      {"name", place.name},
      {"namespace", place.ns},
      {"labels",
       {{"app.kubernetes.io/name", "pxguard"}, {"app.kubernetes.io/managed-by", "pxguard"}}}};
  nlohmann::ordered_json annotations = nlohmann::ordered_json::object();
  if (!custody.old_pem.empty()) annotations[kOldUntil] = time_text(custody.old_until);
  if (!version.empty()) {
    metadata["resourceVersion"] = version;
    if (custody.old_pem.empty()) annotations[kOldUntil] = nullptr;
    if (!custody.wants_next) annotations[kRotate] = nullptr;
  }
  metadata["annotations"] = annotations;
  return metadata;
}

std::string annotations_alone(std::string_view name, const std::string& value) {
  return nlohmann::json{{"metadata", {{"annotations", {{name, value}}}}}}.dump();
}

}  // namespace

const Resource& certificate_secrets() {
  static const Resource resource{.plural = "secrets", .kind = "Secret"};
  return resource;
}

CertificateSecret CertificateSecret::read(json::Value secret) {
  const json::Value data = secret["data"];
  const json::Value annotations = secret.at("metadata.annotations");
  CertificateSecret read{
      .custody = {.active = issued(data, "ca.crt", "ca.key"),
                  .next = issued(data, "ca-next.crt", "ca-next.key"),
                  .leaf = issued(data, "tls.crt", "tls.key"),
                  .old_pem = decoded(data, "ca-old.crt"),
                  .old_until = parse_time(annotations[kOldUntil].text()).value_or(certs::Time{}),
                  .wants_next = !annotations[kRotate].text().empty()},
      .version = std::string(secret.at("metadata.resourceVersion").text())};
  const bool is_ours =
      secret.at("metadata.labels")["app.kubernetes.io/managed-by"].text() == "pxguard";
  read.is_foreign = !is_ours && read.custody.leaf && !read.custody.active;
  // Without a date nobody knows how long they are relied on: until they end.
  if (!read.custody.old_pem.empty() && read.custody.old_until == certs::Time{}) {
    for (const certs::Certificate& one : certs::certificates_in(read.custody.old_pem))
      read.custody.old_until = std::max(read.custody.old_until, one.validity.not_after);
  }
  return read;
}

void write_certificate_secret(const SecretPlace& place, const certs::Custody& custody,
                              std::string_view version, Wiped& text) {
  text.append(R"({"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","metadata":)");
  text.append(metadata_of(place, custody, version).dump());
  text.append(R"(,"data":{)");
  Data data(text, version.empty());
  data.pair("tls.crt", "tls.key", custody.leaf, true);
  data.pair("ca.crt", "ca.key", custody.active);
  data.pair("ca-next.crt", "ca-next.key", custody.next);
  data.pem("ca-old.crt", custody.old_pem);
  text.append("}}");
}

std::string rotation_request(std::string_view why) {
  return annotations_alone(kRotate, std::string(why));
}

std::string end_of_old(certs::Time now) {
  // Before now, whoever's clock is asked.
  return annotations_alone(kOldUntil, time_text(now - std::chrono::hours(48)));
}

}  // namespace pxguard::cluster
