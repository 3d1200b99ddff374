#include <doctest/doctest.h>

#include <string>

#include "base/base64.h"
#include "base/limits.h"
#include "rules/model/secret.h"
#include "rules/model/signature.h"
#include "tests/support/objects.h"
#include "tests/support/tokens.h"

using namespace pxguard;
using namespace pxguard::model;
using namespace pxguard::test;
using TokenForm = SecretKeyFacts::TokenForm;

namespace {

constexpr std::string_view kRandom =
    "kXpvQ2m4sT8pLw1zR6uYb3Nc9Hd5Jf7AeGiOqKxVtZrCnMPlSjUoEyWhBaFgDI+/";

Object secret_object(std::string_view fields, std::string_view metadata = "name: s") {
  return object("apiVersion: v1\nkind: Secret\nmetadata: {" + std::string(metadata) + "}\n" +
                std::string(fields));
}
SecretFacts secret(std::string_view fields, std::string_view metadata = "name: s") {
  return SecretFacts::of(secret_object(fields, metadata));
}
// Of one key with these bytes.
SecretKeyFacts facts(std::string_view bytes, const std::string& key = "k") {
  return *secret("data: {" + key + ": \"" + base64_encode(bytes) + "\"}").key(key);
}

std::string claims(std::string_view more = "") {
  return R"({"iss":"px","sub":"canary","exp":2,"iat":1,"name":"canary","email":"canary")" +
         std::string(more) + "}";
}
TokenFacts token(std::string_view payload) {
  const auto found = facts(signed_with("canary", payload), "auth-token");
  REQUIRE(found.token.has_value());
  return *found.token;
}

}  // namespace

TEST_CASE("a key of random characters has no flaw") {
  const auto good = facts(kRandom);
  CHECK_FALSE(good.empty);
  CHECK_FALSE(good.undecodable);
  CHECK_FALSE(good.rendered_later);
  CHECK_FALSE(good.outer_space);
  CHECK_FALSE(good.inner_break);
  CHECK_FALSE(good.shorter_than_64);
  CHECK_FALSE(good.few_distinct);
  CHECK_FALSE(good.known_sample);
  CHECK_FALSE(good.nested_base64);
  CHECK_FALSE(good.pem.has_value());
  CHECK(good.token_form == TokenForm::NotRead);
}

TEST_CASE("white space, line breaks and NUL are told apart") {
  CHECK(facts("key\n").ends_with_newline);
  CHECK(facts("key\n").outer_space);
  CHECK_FALSE(facts("key\n").inner_break);
  CHECK(facts(" key").outer_space);
  CHECK_FALSE(facts(" key").ends_with_newline);
  CHECK(facts("two\nlines").inner_break);
  CHECK(facts(std::string_view("a\0b", 3)).inner_break);
  CHECK_FALSE(facts("two words").outer_space);
}

TEST_CASE("a key is short, of few characters, or a known one") {
  CHECK(facts(std::string(31, 'a')).shorter_than_32);
  CHECK_FALSE(facts(std::string(32, 'a')).shorter_than_32);
  CHECK(facts(std::string(63, 'a')).shorter_than_64);
  CHECK_FALSE(facts(std::string(64, 'a')).shorter_than_64);
  CHECK(facts("secretsecretsecretsecretsecretsecret").few_distinct);
  CHECK_FALSE(facts("01234567012345670123456701234567").few_distinct);
  CHECK(facts("hnuiUDFHf\n").known_sample);
  CHECK(facts("a-string-secret-at-least-256-bits-long").known_sample);
  CHECK_FALSE(facts("hnuiUDFHg").known_sample);
}

TEST_CASE("base64 of base64 has two levels; one is what the documentation makes") {
  CHECK_FALSE(facts(kRandom).nested_base64);
  CHECK(facts(base64_encode(kRandom)).nested_base64);
  CHECK(facts(base64_encode(kRandom) + "\n").nested_base64);
  CHECK_FALSE(facts(base64_encode("a passphrase of four words")).nested_base64);
  CHECK_FALSE(facts(base64_encode("abcd")).nested_base64);
}

TEST_CASE("what is no base64 is undecodable, and stringData is taken as it is") {
  const auto both =
      secret("data: {a: \"not base64!\", b: 1, c: null, d: []}\nstringData: {e: \"x y\"}");
  CHECK(both.key("a")->undecodable);
  CHECK(both.key("b")->undecodable);
  CHECK(both.key("c")->empty);
  CHECK_FALSE(both.key("c")->undecodable);
  CHECK(both.key("d")->undecodable);
  CHECK_FALSE(both.key("e")->undecodable);
  CHECK(both.key("f") == nullptr);
  CHECK(secret("stringData: {a: 1}").key("a")->undecodable);
}

TEST_CASE("data and stringData of one key conflict where their bytes differ") {
  const std::string encoded = base64_encode("one");
  CHECK(secret("data: {a: " + encoded + "}\nstringData: {a: two}").key("a")->conflicting);
  CHECK_FALSE(secret("data: {a: " + encoded + "}\nstringData: {a: one}").key("a")->conflicting);
  CHECK_FALSE(secret("data: {a: " + encoded + "}").key("a")->conflicting);
  CHECK_FALSE(secret("data: {a: " + encoded + "}\nstringData: {a: null}").key("a")->conflicting);
  CHECK(secret("data: {a: " + encoded + "}\nstringData: {a: two}").key("a")->digest ==
        secret("stringData: {a: two}").key("a")->digest);
}

TEST_CASE("what a tool will put in is no value yet") {
  for (const char* text : {"vault:secret/px#key", "<path:kv/px#key>", "ENC[AES256_GCM,data:x]",
                           "{{ .Values.key }}", "${KEY}", "ref+vault://x"}) {
    CAPTURE(text);
    CHECK(secret("stringData: {a: \"" + std::string(text) + "\"}").key("a")->rendered_later);
    CHECK(secret("data: {a: \"" + std::string(text) + "\"}").key("a")->rendered_later);
    CHECK(facts(text).rendered_later);
  }
  CHECK_FALSE(secret("data: {a: <your-key>}").key("a")->rendered_later);
}

TEST_CASE("PEM is looked at in Secrets and ConfigMaps") {
  const std::string pem = public_pem(ec_key());
  CHECK(facts(pem).pem->family == PublicKeyFacts::Family::Ec);
  CHECK(facts(private_pem(ec_key())).pem->has_private_key);
  const auto map = SecretFacts::of(object("apiVersion: v1\nkind: ConfigMap\nbinaryData: {k: \"" +
                                          base64_encode(pem) + "\"}\ndata: {t: canary, e: ''}"));
  CHECK(map.key("k")->pem->family == PublicKeyFacts::Family::Ec);
  CHECK(map.key("k")->digest.empty());
  CHECK_FALSE(map.key("t")->pem.has_value());
  CHECK(map.key("t")->digest.empty());
  CHECK(map.key("e")->empty);
}

TEST_CASE("a token is read under auth-token and token, and nowhere else") {
  const std::string text = signed_with("canary", claims());
  CHECK(facts(text, "auth-token").token_form == TokenForm::Token);
  CHECK(facts(text, "token").token_form == TokenForm::Token);
  CHECK(facts(text, "k").token_form == TokenForm::NotRead);
  CHECK(facts(text + "\n", "auth-token").token_form == TokenForm::Token);
  CHECK(facts(text + "\n", "auth-token").outer_space);
  CHECK(facts(base64_encode(text), "auth-token").token_form == TokenForm::EncodedTwice);
  CHECK(facts("Bearer " + text, "auth-token").token_form == TokenForm::Other);
  CHECK(facts("", "auth-token").token_form == TokenForm::NotRead);
  CHECK(facts(std::string(limits::kToken + 1, 'a'), "auth-token").token_form ==
        TokenForm::TooLarge);
}

TEST_CASE("of a token the claims that Portworx needs are known by their presence") {
  const TokenFacts good = token(claims(R"(,"roles":["system.user"],"groups":[])"));
  CHECK(good.algorithm == "HS256");
  CHECK(good.key_kind == jwt::KeyKind::Secret);
  CHECK(good.issuer == "px");
  CHECK(good.missing.empty());
  CHECK(good.empty.empty());
  CHECK(good.issued_at == 1);
  CHECK(good.expires_at == 2);
  CHECK(good.operator_name.empty());

  const TokenFacts bad = token(R"({"iss":"","sub":7,"exp":"2","iat":null})");
  CHECK(bad.lacks("name"));
  CHECK(bad.lacks("email"));
  CHECK_FALSE(bad.lacks("iat"));
  CHECK(bad.empty.size() == 2);
  CHECK_FALSE(bad.expires_at.has_value());
  CHECK_FALSE(bad.issued_at.has_value());
}

TEST_CASE("roles and groups are lists of texts, or something else") {
  using List = TokenFacts::List;
  CHECK(token(claims()).roles == List::Absent);
  CHECK(token(claims(R"(,"roles":null)")).roles == List::Absent);
  CHECK(token(claims(R"(,"roles":[])")).roles == List::Empty);
  CHECK(token(claims(R"(,"roles":"system.user")")).roles == List::Other);
  CHECK(token(claims(R"(,"roles":["a",1])")).roles == List::Other);
  const TokenFacts admin = token(claims(R"(,"roles":["system.admin"],"groups":["*"])"));
  CHECK(admin.roles == List::Texts);
  CHECK(admin.is_admin);
  CHECK(admin.has_every_group);
}

TEST_CASE("a token of the operator is known by its name") {
  const auto named = [](const char* name) {
    return token(R"({"name":")" + std::string(name) + "\"}").operator_name;
  };
  CHECK(named("px-user-token") == "px-user-token");
  CHECK(named("px-admin-token") == "px-admin-token");
  CHECK(named("canary").empty());
}

TEST_CASE("who makes a Secret is written on it") {
  const auto is_made = [](std::string_view metadata) {
    return secret("", metadata).has_producer();
  };
  CHECK_FALSE(is_made("name: s"));
  CHECK(is_made("ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ExternalSecret}]"));
  CHECK(is_made("ownerReferences: [{apiVersion: bitnami.com/v1alpha1, kind: SealedSecret}]"));
  CHECK_FALSE(is_made("ownerReferences: [{apiVersion: v1, kind: ConfigMap}, 7]"));
  CHECK(is_made("labels: {reconcile.external-secrets.io/created-by: x}"));
  CHECK(is_made("annotations: {replicator.v1.mittwald.de/replicate-from: a/b}"));
  CHECK(is_made("annotations: {reflector.v1.k8s.emberstack.com/reflects: a/b}"));
  CHECK(is_made("labels: {kubed.appscode.com/origin.name: px}"));
  // The source of copies is made by hand.
  CHECK_FALSE(is_made("annotations: {replicator.v1.mittwald.de/replicate-to: a}"));
  CHECK_FALSE(is_made("annotations: {reflector.v1.k8s.emberstack.com/reflection-allowed: 'true'}"));
}

TEST_CASE("owner, immutability and restores are facts of the Secret") {
  const auto made = secret("immutable: true",
                           "ownerReferences: [{apiVersion: core.libopenstorage.org/v1, kind: "
                           "StorageCluster, name: px}]");
  CHECK(made.is_immutable());
  CHECK(made.is_owned_by_storage_cluster());
  CHECK_FALSE(made.is_restored_copy());
  CHECK_FALSE(secret("",
                     "ownerReferences: [{apiVersion: ocs.openshift.io/v1, kind: "
                     "StorageCluster, name: px}]")
                  .is_owned_by_storage_cluster());
  CHECK_FALSE(secret("immutable: \"true\"").is_immutable());
  CHECK(secret("", "labels: {velero.io/restore-name: x}").is_restored_copy());
  CHECK(secret("", "annotations: {stork.libopenstorage.org/migrationName: x}").is_restored_copy());
}

TEST_CASE("a signature is checked with the bytes that Portworx gets") {
  const auto secret_key = [](std::string key) {
    return KeyPlace{.kind = jwt::KeyKind::Secret, .object_kind = "Secret", .key = std::move(key)};
  };
  const auto with = [](std::string_view key, std::string_view value) {
    return secret_object("data: {" + std::string(key) + ": \"" + base64_encode(value) + "\"}");
  };
  const Object signed_token = with("auth-token", signed_with(kRandom, claims()) + "\n");
  CHECK(verify(signed_token, with("shared-secret", kRandom), secret_key("shared-secret")) ==
        Signature::Valid);
  CHECK(verify(signed_token, with("shared-secret", std::string(kRandom) + "\n"),
               secret_key("shared-secret")) == Signature::Invalid);
  CHECK(verify(signed_token, with("other", kRandom), secret_key("shared-secret")) ==
        Signature::Unknown);
  CHECK(verify(with("token", "x"), with("k", kRandom), secret_key("k")) == Signature::Unknown);
  CHECK(verify(with("auth-token", "x"), with("k", kRandom), secret_key("k")) == Signature::Unknown);
  const TestKey rsa = rsa_key();
  CHECK(verify(with("auth-token", signed_with(rsa, claims(), "RS256")), with("k", public_pem(rsa)),
               secret_key("k")) == Signature::Unknown);
  const KeyPlace mounted{.kind = jwt::KeyKind::Rsa, .object_kind = "Secret", .key = "k"};
  const Object by_rsa = with("auth-token", signed_with(rsa, claims(), "RS256"));
  CHECK(verify(by_rsa, with("k", public_pem(rsa)), mounted) == Signature::Valid);
  CHECK(verify(by_rsa, with("k", public_pem(rsa_key())), mounted) == Signature::Invalid);
  CHECK(verify(object("apiVersion: v1\nkind: ConfigMap"), with("k", kRandom), secret_key("k")) ==
        Signature::Unknown);
  const Object plain = secret_object("stringData: {k: \"" + std::string(kRandom) + "\"}");
  CHECK(verify(signed_token, plain, secret_key("k")) == Signature::Valid);
}
