// PXS806: A value of a Secret is no base64, or is written twice with different bytes.
#include <string>

#include "base/text.h"
#include "rules/checks/shared/secret_keys.h"
#include "rules/checks/shared/token_secrets.h"
#include "rules/rule.h"

namespace pxguard::rules::secret_data_undecodable {
namespace {

using model::FieldPath;
using model::SecretFacts;

Finding undecodable(const std::string& key, const ContextBase& context) {
  const bool is_text = context.object.root()["data"][key].is_string();
  const FieldPath at = path_of_key(context.object, key);
  return {.at = at,
          .found = is_text ? "text that is no base64" : "a value that is no text",
          .want = is_text ? "the value in base64 under data, or as it is under stringData"
                          : "the value as text, in quotes",
          .reference = "undecodable"};
}

Finding conflicting(const std::string& key) {
  return {.at = FieldPath{"stringData"}.key(key),
          .message = "A key stands in data and stringData with different bytes",
          .found = "other bytes than under data",
          .want = "the key in one of the two",
          .why = "The API server keeps what stringData has; who reads data believes another value.",
          .fix = "Remove the key from data or from stringData.",
          .reference = "conflicting"};
}

Findings on_secret(const SecretFacts& secret, const Context<SecretFacts>& context) {
  const TokenSecret token = token_secret(secret, context);
  if (token == TokenSecret::No && !is_key_secret(secret, context)) return {};
  Findings findings;
  for (const auto& [key, facts] : secret.keys()) {
    if (facts.rendered_later) {
      if (facts.undecodable)
        context.unverified("the value that a tool will put into key " + printable(key, 80));
      continue;
    }
    if (facts.undecodable) findings.push_back(undecodable(key, context));
    if (facts.conflicting) findings.push_back(conflicting(key));
  }
  if (token == TokenSecret::ByName) {
    for (Finding& finding : findings) soften(finding);
  }
  return findings;
}

constexpr Check kChecks[] = {on_secret};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS806",
    .name = "secret-data-undecodable",
    .title = "A value of a Secret cannot be decoded",
    .rationale = "The API server refuses the whole Secret, and pods that refer to it do not start.",
    .fix = "Write the value under stringData as it is, or encode it with base64 once.",
    .by_hand = "kubectl apply --dry-run=server -f secret.yaml",
    .source = "Kubernetes API, Secret v1: data holds base64, stringData is merged over it.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::secret_data_undecodable
