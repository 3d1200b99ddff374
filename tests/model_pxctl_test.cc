// Which words of a command hold a secret, and which only look like it.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rules/model/pxctl.h"

namespace pxguard::model {
namespace {

// The names found, each with the index of its element: "--token@2".
std::string found_in(const std::vector<std::string>& elements, Runs runs = Runs::Anything) {
  std::vector<Word> words;
  const FieldPath list{"args"};
  for (const std::string& element : elements)
    words.push_back({element, list.element(words.size())});
  std::string text;
  for (const CommandSecret& secret : secrets_in_command(words, runs)) {
    if (!text.empty()) text += ' ';
    text += secret.name + '@' + secret.path.pointer().substr(std::string_view("/args/").size());
  }
  return text;
}

TEST_CASE("a token or shared secret of pxctl is found in every form of a command") {
  CHECK(found_in({"pxctl", "context", "create", "a", "--token", "eyJcanary"}) == "--token@5");
  CHECK(found_in({"pxctl", "context", "create", "a", "--token=eyJcanary"}) == "--token@4");
  CHECK(found_in({"sh", "-c", "/opt/pwx/bin/pxctl context create a --token 'eyJcanary'"}) ==
        "--token@2");
  CHECK(found_in({"sh", "-c", "pxctl auth token generate \\\n  --shared-secret=canary"}) ==
        "--shared-secret@2");
  CHECK(found_in({"sh", "-c", "export PXCTL_AUTH_TOKEN=\"eyJcanary\"; pxctl status"}) ==
        "PXCTL_AUTH_TOKEN@2");
  CHECK(found_in({"bash", "-c", "nsenter -- sh -c 'pxctl context create a --token eyJcanary'"}) ==
        "--token@2");
  CHECK(found_in({"sh", "-c", "if true; then (pxctl x --token=eyJcanary); fi"}) == "--token@2");
}

TEST_CASE("what a shell or an injector puts in later is no literal") {
  CHECK(found_in({"sh", "-c", "pxctl context create a --token $TOKEN"}).empty());
  CHECK(found_in({"sh", "-c", "pxctl context create a --token=\"${TOKEN}\""}).empty());
  CHECK(
      found_in({"sh", "-c", "pxctl auth token generate --shared-secret=$(cat /keys/shared-secret)"})
          .empty());
  CHECK(found_in({"sh", "-c", "pxctl x --shared-secret=`cat /keys/shared-secret`"}).empty());
  CHECK(found_in({"sh", "-c", "PORTWORX_AUTH_SYSTEM_KEY={{ .Values.key }} pxctl status"}).empty());
  CHECK(
      found_in({"sh", "-c", "PORTWORX_AUTH_SYSTEM_KEY=vault:px/keys#system pxctl status"}).empty());
  CHECK(found_in({"sh", "-c", "export PORTWORX_AUTH_SYSTEM_KEY=; pxctl status"}).empty());
  CHECK(found_in({"sh", "-c", "pxctl x --shared-secret --issuer example.com"}).empty());
  CHECK(found_in({"sh", "-c", "# pxctl x --token=eyJcanary\npxctl status"}).empty());
}

TEST_CASE("tokens of strangers are not ours") {
  CHECK(found_in({"kubectl", "--token=eyJcanary", "get", "pods"}).empty());
  CHECK(found_in({"sh", "-c", "kubectl --token=eyJcanary get pods; pxctl status"}).empty());
  CHECK(found_in({"sh", "-c", "app --shared-secret=canary"}).empty());
  CHECK(found_in({"sh", "-c", "export PORTWORX_AUTH_SYSTEM_KEY=canary; app"}).empty());
}

TEST_CASE("Portworx's own command needs no pxctl to count") {
  const std::string script = "export PORTWORX_AUTH_SYSTEM_KEY=canary; exec /px-oci-mon -c px";
  CHECK(found_in({"sh", "-c", script}, Runs::Portworx) == "PORTWORX_AUTH_SYSTEM_KEY@2");
}

TEST_CASE("arguments that carry a key are found anywhere, in every spelling") {
  CHECK(found_in({"-c", "px", "-jwt_shared_secret", "canary"}) == "-jwt_shared_secret@3");
  CHECK(found_in({"--jwt-shared-secret=canary"}) == "--jwt-shared-secret@0");
  CHECK(found_in({"-c px -auth_system_key canary"}) == "-auth_system_key@0");
  CHECK(found_in({"-e", "PORTWORX_AUTH_SYSTEM_KEY=canary"}) == "PORTWORX_AUTH_SYSTEM_KEY@1");
  CHECK(found_in({"-e", "PORTWORX_AUTH_SYSTEM_KEY=$(KEY)"}).empty());
  CHECK(found_in({"-jwt_shared_secret", "-c"}).empty());
  CHECK(found_in({"-jwt_shared_secret"}).empty());
  CHECK(found_in({"-e", "TZ=UTC"}).empty());
}

TEST_CASE("a name is said once an element") {
  CHECK(found_in({"sh", "-c", "pxctl a --token eyJone; pxctl b --token eyJtwo"}) == "--token@2");
}

TEST_CASE("quotes that are never closed, and other odd text, do no harm") {
  CHECK(found_in({"sh", "-c", "echo don't; pxctl x --token eyJcanary"}) == "--token@2");
  for (const std::string text : {"", "'", "\"", "\\", "$(", "${", "pxctl --token", "=", "-", "--",
                                 "-=", "pxctl \\", "pxctl ${ $( ` \" '", ";;;|||&&&"}) {
    CAPTURE(text);
    CHECK(found_in({"sh", "-c", text}, Runs::Portworx).empty());
    CHECK(found_in({text}).empty());
  }
}

TEST_CASE("clear text is what somebody could read here") {
  CHECK(is_clear_text("canary"));
  CHECK(is_clear_text("pa$$word"));
  CHECK_FALSE(is_clear_text(""));
  CHECK_FALSE(is_clear_text("$(KEY)"));
  CHECK_FALSE(is_clear_text("$KEY"));
  CHECK_FALSE(is_clear_text("${KEY}"));
  CHECK_FALSE(is_clear_text("{{ .Values.key }}"));
  CHECK_FALSE(is_clear_text("ref+vault://px/keys"));
}

}  // namespace
}  // namespace pxguard::model
