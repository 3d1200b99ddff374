// PXS110: A signing key is damaged by white space or a line break, or easy to guess.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "rules/checks/shared/key_secrets.h"
#include "rules/checks/shared/secret_keys.h"
#include "rules/rule.h"

namespace pxguard::rules::weak_or_damaged_key {
namespace {

using model::SecretFacts;
using model::SecretKeyFacts;

// Classes of what is wrong, in words.
struct Flaws {
  std::vector<std::string> words;
  Severity severity = Severity::Info;

  void add(bool is_there, Severity how_bad, std::string_view what) {
    if (!is_there) return;
    words.emplace_back(what);
    severity = std::max(severity, how_bad);
  }
};

// A key that is in use has to keep its bytes, whatever they are.
Severity severity_of_damage(std::string_view key, const SecretFacts& secret,
                            const Context<SecretFacts>& context) {
  const bool is_new = context.operation == Operation::Create && !secret.has_producer() &&
                      !secret.is_restored_copy() && use_of(secret, key, context) != Use::Yes;
  return is_new ? Severity::Error : Severity::Warning;
}

Flaws flaws_of(const SecretKeyFacts& key, Severity damage) {
  Flaws flaws;
  flaws.add(key.ends_with_newline, damage, "a line break at its end");
  flaws.add(key.outer_space && !key.ends_with_newline, damage, "white space around it");
  flaws.add(key.inner_break, damage, "a line break or NUL inside");
  flaws.add(key.known_sample, Severity::Warning, "a value that a documentation prints");
  flaws.add(key.few_distinct, Severity::Warning, "few different characters");
  flaws.add(key.shorter_than_32, Severity::Warning, "shorter than 32 bytes");
  flaws.add(key.shorter_than_64 && !key.shorter_than_32, Severity::Info, "shorter than 64 bytes");
  flaws.add(key.nested_base64, Severity::Info, "base64 of base64");
  return flaws;
}

Finding empty(model::FieldPath at, const SecretFacts& secret) {
  Finding finding{.at = std::move(at),
                  .message = "A key that Portworx or Stork reads is empty",
                  .found = "an empty value",
                  .want = "64 random characters",
                  .why = "Containers that refer to the key do not start.",
                  .reference = "empty"};
  if (secret.has_producer()) {
    finding.severity = Severity::Warning;
    finding.at_admission = Action::Warn;
  }
  return finding;
}

std::string message_of(const SecretKeyFacts& key, Severity damage, Severity worst) {
  const bool is_damaged = key.outer_space || key.inner_break;
  if (!is_damaged && worst == Severity::Info) return "A signing key is weaker than it could be";
  if (!is_damaged) return "A signing key can be guessed";
  return damage == Severity::Error ? "A new signing key holds white space or a line break"
                                   : "A signing key holds white space or a line break";
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  if (!is_key_secret(secret, context)) return {};
  Findings findings;
  for (const auto& [key, facts] : secret.keys()) {
    if (facts.undecodable || facts.rendered_later || !is_signing_key(key, secret, context))
      continue;
    const model::FieldPath at = path_of_key(context.object, key);
    if (facts.empty) {
      if (use_of(secret, key, context) == Use::Yes) findings.push_back(empty(at, secret));
      continue;
    }
    const Severity damage = severity_of_damage(key, secret, context);
    const Flaws flaws = flaws_of(facts, damage);
    if (flaws.words.empty()) continue;
    const std::string found = join(flaws.words, ", ");
    findings.push_back({.at = at,
                        .severity = flaws.severity,
                        .message = message_of(facts, damage, flaws.severity),
                        .found = found,
                        .want = "64 random characters and nothing else",
                        .reference = found});
  }
  return findings;
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS110",
    .name = "weak-or-damaged-key",
    .title = "A signing key is weak or damaged",
    .rationale =
        "Every byte counts as part of the key, also a line break, which pxctl in a shell leaves "
        "out; and whoever guesses a key signs tokens as an administrator.",
    .fix =
        "Make a new key without showing it: head -c 48 /dev/urandom | base64 -w0 | kubectl create "
        "secret generic NAME --from-file=KEY=/dev/stdin; rotate a key in use as planned work.",
    .by_hand =
        "kubectl -n kube-system get secret pxkeys -o jsonpath='{.data.shared-secret}' | base64 "
        "-d | wc -lc",
    .source =
        "openstorage pkg/auth/signature.go: the bytes are the key; RFC 7518 section 3.2: at least "
        "32 of them.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::weak_or_damaged_key
