#include <doctest/doctest.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "certs/authority.h"
#include "certs/client_authorities.h"
#include "certs/file_source.h"
#include "certs/key_pair.h"

using namespace pxguard;
using namespace pxguard::certs;
using namespace std::chrono_literals;

namespace {

const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const Validity kDay{kNow - 1min, kNow + 24h};

Authority authority() { return Authority::create("test CA", kDay).value(); }

// Its bytes, as a file would have them.
struct Files {
  std::string certificate;
  std::string key;
};

Files issue(const Authority& by,
            const LeafRequest& request = {
                .common_name = "leaf", .dns_names = {"localhost"}, .validity = kDay}) {
  const Result<Issued> issued = by.issue(request);
  REQUIRE(issued.has_value());
  return {issued->certificate_pem, std::string(issued->key_pem.expose())};
}

}  // namespace

TEST_CASE("a certificate and its key make a pair") {
  const Files files = issue(authority());
  const Result<KeyPair> pair = KeyPair::parse(files.certificate, files.key);
  REQUIRE(pair.has_value());
  CHECK(pair->not_before() == kDay.not_before);
  CHECK(pair->not_after() == kDay.not_after);
}

TEST_CASE("what is no pair says why, and never what was in it") {
  const Authority ca = authority();
  const Files one = issue(ca);
  const Files other = issue(ca);
  const std::string damaged = one.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n";
  const struct {
    std::string certificate, key, message;
  } cases[] = {
      {one.certificate, other.key, "the private key does not belong to the certificate"},
      {"", one.key, "there is no certificate in PEM form"},
      {one.key, one.key, "there is no certificate in PEM form"},
      {damaged, one.key, "a certificate of the chain is damaged"},
      {one.certificate, "", "there is no private key in PEM form, or it has a passphrase"},
      {one.certificate, one.certificate,
       "there is no private key in PEM form, or it has a passphrase"},
  };
  for (const auto& bad : cases) {
    const Result<KeyPair> pair = KeyPair::parse(bad.certificate, bad.key);
    REQUIRE_FALSE(pair.has_value());
    CHECK(pair.error().message == bad.message);
  }
}

TEST_CASE("a leaf chains to its authority for every name that was asked for") {
  const Authority ca = authority();
  const Files files = issue(ca, {.common_name = "pxguard",
                                 .dns_names = {"pxguard.pxguard.svc", "localhost"},
                                 .ip_addresses = {"127.0.0.1", "::1"},
                                 .validity = kDay});
  const Result<KeyPair> leaf = KeyPair::parse(files.certificate, files.key);
  const Result<Issued> exported = ca.exported();
  REQUIRE(leaf.has_value());
  REQUIRE(exported.has_value());
  const Result<KeyPair> root = exported->pair();
  REQUIRE(root.has_value());

  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(),
                                                                      X509_STORE_free);
  X509_STORE_add_cert(store.get(), root->leaf());
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> context(
      X509_STORE_CTX_new(), X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf->leaf(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  CHECK(X509_verify_cert(context.get()) == 1);
  CHECK(X509_check_host(leaf->leaf(), "pxguard.pxguard.svc", 0, 0, nullptr) == 1);
  CHECK(X509_check_ip_asc(leaf->leaf(), "127.0.0.1", 0) == 1);
  CHECK(X509_check_ip_asc(leaf->leaf(), "::1", 0) == 1);
  CHECK(X509_check_host(leaf->leaf(), "elsewhere", 0, 0, nullptr) == 0);
}

TEST_CASE("a name cannot smuggle in another") {
  const Authority ca = authority();
  const std::string bad[] = {"a,DNS:b", "a b", "", "a\nb", "dirName:x"};
  for (const std::string& name : bad) {
    CHECK_FALSE(ca.issue({.common_name = "x", .dns_names = {name}, .validity = kDay}).has_value());
  }
  CHECK_FALSE(ca.issue({.common_name = "x", .ip_addresses = {"1.2.3.4,DNS:b"}, .validity = kDay})
                  .has_value());
}

TEST_CASE("an authority that was written can be read again; a leaf is none") {
  const Authority ca = authority();
  const Result<Issued> exported = ca.exported();
  REQUIRE(exported.has_value());
  CHECK(Authority::load(exported->certificate_pem, exported->key_pem.expose()).has_value());
  const Files leaf = issue(ca);
  CHECK_FALSE(Authority::load(leaf.certificate, leaf.key).has_value());
}

TEST_CASE("a certificate is renewed once two thirds of its life are over, or before it began") {
  const Validity week{kNow, kNow + 168h};
  CHECK_FALSE(is_due_for_renewal(week, kNow + 111h));
  CHECK(is_due_for_renewal(week, kNow + 112h));
  CHECK_FALSE(is_due_for_renewal(week, kNow));
  CHECK(is_due_for_renewal(week, kNow - 1s));
}

TEST_CASE("files are published when they match, and the pair before them stays when not") {
  const Authority ca = authority();
  const Files first = issue(ca);
  const Files second = issue(ca);
  std::map<std::string, std::string> disk = {{"crt", first.certificate}, {"key", first.key}};
  Published<KeyPair> pairs;
  FileSource source(
      "crt", "key",
      [&disk](const std::string& path) -> Result<std::string> {
        if (!disk.contains(path)) return Error{Error::Code::NotFound, "not there"};
        return disk[path];
      },
      pairs);
  using Change = FileSource::Change;
  CHECK(source.poll().change == Change::Replaced);
  CHECK(source.poll().change == Change::None);
  const auto served = pairs.get();
  REQUIRE(served != nullptr);

  SUBCASE("half of the next generation is worth a word only when it stays") {
    disk["crt"] = second.certificate;
    CHECK(source.poll().change == Change::None);
    CHECK_FALSE(source.is_failing());
    const FileSource::Look look = source.poll();
    CHECK(look.change == Change::Refused);
    CHECK(look.why == "crt and key: the private key does not belong to the certificate");
    CHECK(source.poll().change == Change::None);
    CHECK(source.is_failing());
    CHECK(pairs.get() == served);
    disk["key"] = second.key;
    CHECK(source.poll().change == Change::Replaced);
    CHECK_FALSE(source.is_failing());
    CHECK(pairs.get() != served);
  }
  SUBCASE("a file that is gone is said once, and the old pair is served") {
    disk.erase("key");
    CHECK(source.poll().change == Change::None);
    CHECK(source.poll().change == Change::Refused);
    CHECK(source.poll().change == Change::None);
    CHECK(pairs.get() == served);
    disk["key"] = first.key;
    CHECK(source.poll().change == Change::None);
    CHECK_FALSE(source.is_failing());
  }
}

TEST_CASE("files that do not do at the start are said at once") {
  Published<KeyPair> pairs;
  FileSource source(
      "crt", "key", [](const std::string&) -> Result<std::string> { return std::string("x"); },
      pairs);
  CHECK(source.poll().change == FileSource::Change::Refused);
  CHECK(pairs.get() == nullptr);
}

TEST_CASE("a file of client CAs is published when it changes, and a bad one is said once") {
  const Authority other = Authority::create("other CA", kDay).value();
  std::string content = authority().certificate_pem().value();
  Published<ClientAuthorities> authorities;
  ClientAuthorityFile file(
      "ca.pem",
      [&content](const std::string&) -> Result<std::string> {
        if (content.empty()) return Error{Error::Code::NotFound, "is not there"};
        return content;
      },
      authorities);
  using Change = FileSource::Change;
  CHECK(file.poll().change == Change::Replaced);
  CHECK(file.poll().change == Change::None);
  const auto first = authorities.get();
  for (const std::string bad : {"", "no certificate"}) {
    content = bad;
    const FileSource::Look look = file.poll();
    CHECK(look.change == Change::Refused);
    CHECK(look.why.starts_with("ca.pem: "));
    CHECK(file.poll().change == Change::None);
    CHECK(authorities.get() == first);
  }
  content = authority().certificate_pem().value() + other.certificate_pem().value();
  CHECK(file.poll().change == Change::Replaced);
  CHECK(authorities.get() != first);
}
