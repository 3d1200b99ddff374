#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <string>

#include "base/limits.h"
#include "base/public_key.h"
#include "tests/support/tokens.h"

using namespace pxguard;
using namespace pxguard::test;
using Form = PublicKeyFacts::Form;
using Family = PublicKeyFacts::Family;

namespace {

PublicKeyFacts facts(std::string_view text) { return public_key_facts(SecretValue(text)); }

std::string certificate(const TestKey& key) {
  const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), key.get());
  X509_sign(x509.get(), key.get(), EVP_sha256());
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, x509.get()); });
}

// PKCS#1, as `openssl rsa -RSAPublicKey_out` writes it.
std::string pkcs1(const TestKey& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(key.get(), &der);
  const std::string text = pem(
      [&](BIO* bio) { return PEM_write_bio(bio, "RSA PUBLIC KEY", "", der, size) > 0 ? 1 : 0; });
  OPENSSL_free(der);
  return text;
}

}  // namespace

TEST_CASE("a public key is told by family, size and curve") {
  const auto rsa = facts(public_pem(rsa_key(1024)));
  CHECK(rsa.form == Form::PublicKey);
  CHECK(rsa.family == Family::Rsa);
  CHECK(rsa.bits == 1024);
  CHECK_FALSE(rsa.has_several_blocks);

  const auto ec = facts(public_pem(ec_key("P-384")));
  CHECK(ec.form == Form::PublicKey);
  CHECK(ec.family == Family::Ec);
  CHECK(ec.curve == "secp384r1");

  const auto other = facts(
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
      "-----END PUBLIC KEY-----\n");
  CHECK(other.form == Form::PublicKey);
  CHECK(other.family == Family::Other);
}

TEST_CASE("a PKCS#1 key and a certificate are public keys, too") {
  const TestKey key = rsa_key();
  CHECK(facts(pkcs1(key)).form == Form::PublicKey);
  CHECK(facts(pkcs1(key)).bits == 2048);
  CHECK(facts(certificate(key)).form == Form::Certificate);
  CHECK(facts(certificate(key)).family == Family::Rsa);
  CHECK(read_public_key(SecretValue(certificate(key))) != nullptr);
}

TEST_CASE("private keys of any kind are known, and none is opened") {
  const TestKey key = ec_key();
  for (const std::string& text : {private_pem(key), private_pem(key, "canary-password")}) {
    CHECK(facts(text).form == Form::PrivateKey);
    CHECK(facts(text).has_private_key);
    CHECK(facts(text).family == Family::None);
    CHECK(read_public_key(SecretValue(text)) == nullptr);
  }
  for (const char* name : {"RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"}) {
    const std::string title(name);
    CHECK(facts("-----BEGIN " + title + "-----\nAAAA\n-----END " + title + "-----\n").form ==
          Form::PrivateKey);
  }
}

TEST_CASE("of several blocks the first counts, and a private one is seen anywhere") {
  const TestKey key = ec_key();
  const auto both = facts("words before\n" + public_pem(key) + private_pem(key));
  CHECK(both.form == Form::PublicKey);
  CHECK(both.has_several_blocks);
  CHECK(both.has_private_key);
}

TEST_CASE("what is no public key is that") {
  CHECK(facts("").form == Form::NotPem);
  CHECK(facts("canary").form == Form::NotPem);
  CHECK(facts("ssh-rsa AAAAB3NzaC1yc2E user@host").form == Form::NotPem);
  const auto request =
      facts("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n");
  CHECK(request.form == Form::Other);
  CHECK(facts("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").form == Form::Broken);
  CHECK(facts("-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n").form == Form::Broken);
  CHECK(facts("-----BEGIN PUBLIC KEY-----\nAAAA").form != Form::PublicKey);
  CHECK(facts(std::string(limits::kPublicKey + 1, '-')).form == Form::TooLarge);
}

TEST_CASE("what fails leaves nothing in OpenSSL's list of errors") {
  ERR_clear_error();
  static_cast<void>(facts("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
  static_cast<void>(facts("nothing"));
  static_cast<void>(read_public_key(SecretValue("nothing")));
  CHECK(ERR_peek_error() == 0);
}
