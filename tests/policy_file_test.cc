#include "rules/policy/policy_file.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "rules/policy/policy_reader.h"
#include "rules/policy/policy_schema.h"
#include "tests/support/schema.h"

namespace pxguard::policy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kHead = "apiVersion: pxguard.io/v1alpha1\nkind: Policy\n";

std::string policy_with(std::string_view rest) { return std::string(kHead) + std::string(rest); }

// "3: portworx: ..." a line, as a person would see them.
std::string errors_of(std::string_view text) {
  std::string result;
  for (const Error& error : parse_policy(text).errors) {
    if (!result.empty()) result += '\n';
    result += std::to_string(error.line) + ": " + error.message;
  }
  return result;
}

Policy parsed(std::string_view rest) {
  ParsedPolicy result = parse_policy(policy_with(rest));
  for (const Error& error : result.errors) FAIL_CHECK(error.line, ": ", error.message);
  return std::move(result.policy);
}

const rules::Rule& a_rule() { return *rules::find_rule("PXS101"); }

model::Object object_of(std::string_view json_text) {
  auto document = std::make_shared<json::Document>(json::Document::parse(json_text).value());
  const json::Value root = document->root();
  return {std::move(document), root};
}

std::string schema_text() {
  return test::schema_text(
      "The policy of pxguard",
      "Printed from rules/policy/policy_schema.cc. pxguard says more: unknown rules, days "
      "that no calendar has and keys that stand twice are errors as well.",
      policy_shape());
}

}  // namespace

TEST_CASE("a policy that says nothing is the documented defaults") {
  const Policy policy = parsed("");
  CHECK(policy.upgrades == Upgrades::Gate);
  CHECK(policy.controller_pods == ControllerPods::Warn);
  CHECK(policy.rules.empty());
  CHECK(policy.exceptions.empty());
  CHECK(policy.settings.public_classes.empty());
  CHECK(policy.trusted_controllers ==
        std::vector<std::string>{"system:serviceaccount:kube-system:portworx-operator",
                                 "system:serviceaccount:kube-system:stork",
                                 "system:serviceaccount:portworx:portworx-operator",
                                 "system:serviceaccount:portworx:stork"});
  CHECK(policy.secrets == std::vector<std::string>{"px-system-secrets", "px-shared-secret",
                                                   "px-admin-token", "px-user-token", "pxkeys"});
  CHECK(policy.settings.key_secrets == std::vector<std::string>{"pxkeys"});
  CHECK(policy.settings.portworx_namespace.empty());
  CHECK_FALSE(policy.settings.security_always);
  CHECK(policy.failure_policy == "Fail");
  CHECK(policy.activation == "auto");
  CHECK(policy.hash.size() == 16);
  CHECK(Policy::defaults().hash == "default");
}

TEST_CASE("every field of a policy reaches the policy") {
  const Policy policy = parsed(R"(
require: Always
upgrades: Ratchet
controllerPods: Deny
rules:
  pxs101: {action: warn, mutate: true}
exceptions:
  - rule: system-key-missing
    object: {kind: DaemonSet, namespace: lab, name: portworx, labels: {stage: test}}
    reason: the lab has no data
    expires: 2027-06-30
portworx: {namespace: storage, keySecrets: [my-keys]}
publicClasses: [scratch]
guestAccess: Disabled
crds: master
webhook: {failurePolicy: Ignore, activation: manual}
)");
  CHECK(policy.settings.security_always);
  CHECK(policy.upgrades == Upgrades::Ratchet);
  CHECK(policy.controller_pods == ControllerPods::Deny);
  REQUIRE(policy.rules.count(&a_rule()) == 1);
  CHECK(policy.rules.at(&a_rule()).action == rules::Action::Warn);
  CHECK(policy.rules.at(&a_rule()).mutate);
  REQUIRE(policy.exceptions.size() == 1);
  const Exception& exception = policy.exceptions[0];
  CHECK(exception.rule == &a_rule());
  CHECK(exception.selector.kind == "DaemonSet");
  CHECK(exception.selector.ns == "lab");
  CHECK(exception.selector.name == "portworx");
  CHECK(exception.selector.labels == std::map<std::string, std::string>{{"stage", "test"}});
  CHECK(exception.reason == "the lab has no data");
  CHECK(exception.expires_text == "2027-06-30");
  using namespace std::chrono;
  CHECK(exception.expires == sys_days(2027y / July / 1));
  CHECK(policy.settings.portworx_namespace == "storage");
  CHECK(policy.settings.key_secrets == std::vector<std::string>{"my-keys"});
  CHECK(policy.trusted_controllers ==
        std::vector<std::string>{"system:serviceaccount:storage:portworx-operator",
                                 "system:serviceaccount:storage:stork"});
  CHECK(policy.secrets.back() == "my-keys");
  CHECK(policy.settings.public_classes == std::vector<std::string>{"scratch"});
  CHECK(policy.settings.wanted_guest_access == "Disabled");
  CHECK(policy.settings.crds_master);
  CHECK(policy.failure_policy == "Ignore");
  CHECK(policy.activation == "manual");
}

TEST_CASE("lists that are given replace the defaults, even with nothing") {
  const Policy policy = parsed("trustedControllers: []\nsecrets: [team/px-team-token]\n");
  CHECK(policy.trusted_controllers.empty());
  CHECK(policy.secrets == std::vector<std::string>{"team/px-team-token"});
}

TEST_CASE("a heading over nothing but comments is as if it were not there") {
  const Policy policy = parsed("rules:\n  # PXS101: off\nexceptions:\nportworx:\n");
  CHECK(policy.rules.empty());
  CHECK(policy.trusted_controllers.size() == 4);
}

TEST_CASE("off is an action with quotes and without") {
  for (const std::string_view word : {"off", "'off'", "{action: off}", "Off", "no"}) {
    CAPTURE(word);
    const Policy policy = parsed("rules: {PXS101: " + std::string(word) + "}\n");
    CHECK(policy.rules.at(&a_rule()).action == rules::Action::Off);
  }
}

TEST_CASE("JSON is a policy as well") {
  const ParsedPolicy result =
      parse_policy(R"({"apiVersion": "pxguard.io/v1alpha1", "kind": "Policy",
 "rules": {"PXS101": "audit",
           "PXS999": "audit"}})");
  REQUIRE(result.errors.size() == 1);
  CHECK(result.errors[0].line == 3);
}

TEST_CASE("each mistake is said with its line, what was found and what was wanted") {
  struct Case {
    std::string_view rest;  // from line 3 on
    std::string_view errors;
  };
  const Case cases[] = {
      {"requre: Always\n", R"(3: unknown field "requre"; did you mean "require"?)"},
      {"trusted_controllers: []\n",
       R"(3: unknown field "trusted_controllers"; did you mean "trustedControllers"?)"},
      {"require: always\n",
       R"(3: require: found "always", want WhenEnabled or Always; did you mean "Always"?)"},
      {"require: true\n", "3: require: found true, want WhenEnabled or Always"},
      {"require:\n", "3: require: found nothing, want WhenEnabled or Always"},
      {"require: [Always]\n", "3: require: found a list, want WhenEnabled or Always"},
      {"rules: [PXS101]\n", "3: rules: found a list, want an object"},
      {"rules:\n  PXS101: block\n",
       R"(4: rules.PXS101: found "block", want off, audit, warn or deny)"},
      {"rules:\n  PXS101: on\n", "4: rules.PXS101: found true, want off, audit, warn or deny"},
      {"rules:\n  PXS101:\n",
       "4: rules.PXS101: found nothing, want off, audit, warn or deny, or an object"},
      {"rules:\n  PXS101: {}\n",
       "4: rules.PXS101: found no field, want at least one of action or mutate"},
      {"rules:\n  PXS101: {mutate: 1}\n",
       "4: rules.PXS101.mutate: found a number, want true or false"},
      {"rules:\n  system-key-mising: deny\n",
       R"(4: rules: unknown rule "system-key-mising"; did you mean "system-key-missing"?)"},
      {"rules:\n  PXS101: off\n  system-key-missing: deny\n",
       "5: rules: PXS101 and system-key-missing are the same rule, which stands in line 4 already"},
      {"require: Always\nupgrades: Gate\nrequire: Always\n",
       R"(5: the key "require" stands twice, in line 3 too)"},
      {"portworx: {namspace: x}\n",
       R"(3: portworx: unknown field "namspace"; did you mean "namespace"?)"},
      {"portworx: {namespace: 5}\n",
       "3: portworx.namespace: found a number, want the name of a namespace (put it in quotes)"},
      {"portworx: {keySecrets: [ok, Not_ok]}\n",
       R"(3: portworx.keySecrets[1]: found "Not_ok", want the name of an object)"},
      {"trustedControllers: ['*']\n",
       R"(3: trustedControllers[0]: found "*", want one user, as in system:serviceaccount:portworx:stork)"},
      {"trustedControllers: ['system:authenticated']\n",
       R"(3: trustedControllers[0]: found "system:authenticated", want one user, as in system:serviceaccount:portworx:stork)"},
      {"webhook: {failurePolicy: Deny}\n",
       R"(3: webhook.failurePolicy: found "Deny", want Fail or Ignore)"},
      {"guestAccess: 'a b'\n", "3: guestAccess: found a text, want Enabled, Managed or Disabled"},
      {"--- \nkind: Policy\n", "4: a second document, want one document in a policy file"},
  };
  for (const auto& [rest, errors] : cases) CHECK(errors_of(policy_with(rest)) == errors);
}

TEST_CASE("an exception is complete or an error") {
  struct Case {
    std::string_view fields;  // line 4, after the dash
    std::string_view errors;
  };
  const Case cases[] = {
      {"{}",
       "4: exceptions[0]: the field rule is missing\n4: exceptions[0]: the field object is "
       "missing\n"
       "4: exceptions[0]: the field reason is missing\n4: exceptions[0]: the field expires is "
       "missing"},
      {"{rule: PXS101, object: {}, reason: r, expires: 2027-01-01}",
       "4: exceptions[0].object: found no field, want at least one of kind, namespace, name or "
       "labels"},
      {"{rule: PXS101, object: , reason: r, expires: 2027-01-01}",
       "4: exceptions[0].object: found nothing, want an object"},
      {"{rule: PXS101, object: {name: a}, reason: '', expires: 2027-01-01}",
       "4: exceptions[0].reason: found an empty text, want a sentence"},
      {"{rule: PXS101, object: {name: a}, reason: ' ', expires: 2027-01-01}",
       "4: exceptions[0].reason: found a text, want a sentence"},
      {"{rule: PXS101, object: {name: a}, reason: r, expires: 31.12.2027}",
       R"(4: exceptions[0].expires: found "31.12.2027", want a day before 2200 as in 2027-06-30)"},
      {"{rule: PXS101, object: {name: a}, reason: r, expires: 2027-02-29}",
       R"(4: exceptions[0].expires: found "2027-02-29", want a day before 2200 as in 2027-06-30)"},
      {"{rule: PXS101, object: {name: a}, reason: r, expires: 9999-12-31}",
       R"(4: exceptions[0].expires: found "9999-12-31", want a day before 2200 as in 2027-06-30)"},
      {"{rule: PXS101, object: {labels: {a: true}}, reason: r, expires: 2027-01-01}",
       "4: exceptions[0].object.labels.a: found true, want the value of a label (put it in "
       "quotes)"},
  };
  for (const auto& [fields, errors] : cases) {
    CHECK(errors_of(policy_with("exceptions:\n  - " + std::string(fields) + "\n")) == errors);
  }
}

TEST_CASE("an exception that has expired is no error") {
  const Policy policy =
      parsed("exceptions: [{rule: PXS101, object: {name: a}, reason: r, expires: '2020-02-29'}]\n");
  using namespace std::chrono;
  CHECK(policy.exceptions.at(0).expires == sys_days(2020y / March / 1));
}

TEST_CASE("all mistakes are said at once, in the order of the lines") {
  CHECK(errors_of("apiVersion: pxguard.io/v1\nkind: Polcy\nrule: {}\nrules:\n  PXS1: off\n") ==
        R"(1: apiVersion: found "pxguard.io/v1", want pxguard.io/v1alpha1)"
        "\n"
        R"(2: kind: found "Polcy", want Policy; did you mean "Policy"?)"
        "\n"
        R"(3: unknown field "rule"; did you mean "rules"?)"
        "\n"
        R"(5: rules: unknown rule "PXS1")");
}

TEST_CASE("what is no policy at all gets one sentence") {
  CHECK(errors_of("") ==
        "1: the file is empty, want apiVersion: pxguard.io/v1alpha1, kind: Policy");
  CHECK(errors_of("apiVersion: v1\nkind: ConfigMap\ndata: {policy.yaml: x}\n") ==
        "1: not a policy, want apiVersion: pxguard.io/v1alpha1, kind: Policy; of a ConfigMap give "
        "the text under data");
  CHECK(errors_of("just words\n") == "1: found a text, want an object");
  CHECK(parse_policy("a: [\n").errors.size() == 1);
  const std::string large(limits::kPolicyFile + 1, '#');
  REQUIRE(parse_policy(large).errors.size() == 1);
  CHECK(parse_policy(large).errors[0].code == Error::Code::TooLarge);
}

TEST_CASE("a file of nothing but mistakes is answered quickly and in short") {
  std::string text = policy_with("");
  for (int i = 0; i < 20'000; ++i) text += "x" + std::to_string(i % 7000) + ": 1\n";
  const auto errors = parse_policy(text).errors;
  REQUIRE(errors.size() == kMostErrors + 1);
  CHECK(errors.back().message == "there are more errors than these");
}

TEST_CASE("the hash tells one text from another") {
  CHECK(parsed("").hash == parsed("").hash);
  CHECK(parsed("").hash != parsed("require: Always\n").hash);
}

TEST_CASE(
    "a policy entry replaces the action of all findings of its rule, but deny raises no info") {
  using rules::Action;
  using rules::Severity;
  Policy policy = Policy::defaults();
  CHECK(policy.action(a_rule(), Severity::Error) == Action::Deny);
  CHECK(policy.action(a_rule(), Severity::Warning) == Action::Warn);
  CHECK(policy.action(a_rule(), Severity::Info) == Action::Audit);
  policy.rules[&a_rule()] = {.action = std::nullopt, .mutate = true};
  CHECK(policy.action(a_rule(), Severity::Error) == Action::Deny);
  policy.rules[&a_rule()].action = Action::Deny;
  CHECK(policy.action(a_rule(), Severity::Warning) == Action::Deny);
  CHECK(policy.action(a_rule(), Severity::Info) == Action::Audit);
  policy.rules[&a_rule()].action = Action::Warn;
  CHECK(policy.action(a_rule(), Severity::Error) == Action::Warn);
  CHECK(policy.action(a_rule(), Severity::Info) == Action::Warn);
  policy.rules[&a_rule()].action = Action::Off;
  CHECK(policy.action(a_rule(), Severity::Error) == Action::Off);
}

TEST_CASE("a selector matches what all of its fields fit") {
  const model::Object object = object_of(
      R"({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "portworx",
          "namespace": "kube-system", "labels": {"name": "portworx", "empty": ""}}})");
  struct Case {
    ObjectSelector selector;
    bool matches;
  };
  const Case cases[] = {
      {{"DaemonSet", "", "", {}}, true},
      {{"DaemonSet", "kube-system", "portworx", {{"name", "portworx"}}}, true},
      {{"daemonset", "", "", {}}, false},
      {{"", "portworx", "", {}}, false},
      {{"", "", "portwor", {}}, false},
      {{"", "", "", {{"name", "portworx"}, {"stage", "test"}}}, false},
      {{"", "", "", {{"empty", ""}}}, true},
      {{"", "", "", {{"absent", ""}}}, false},
  };
  for (const auto& [selector, matches] : cases) CHECK(selector.matches(object) == matches);
}

TEST_CASE("the published JSON Schema is the table of the reader") {
  test::check_published("docs/policy.schema.json", schema_text());
}

TEST_CASE("the published JSON Schema accepts what the reader accepts and refuses what it refuses") {
  const Json schema = Json::parse(test::source_file("docs/policy.schema.json"));
  const std::string_view accepted[] = {
      "",
      "rules: {PXS101: deny}\n",
      "rules: {system-key-missing: off}\n",
      "rules: {PXS101: {action: off, mutate: true}}\n",
      "rules:\nexceptions:\nportworx:\nwebhook:\n",
      "secrets: [a, b/c]\n",
      "trustedControllers: [system:serviceaccount:a:b, someone@example.com]\n",
      "exceptions: [{rule: PXS101, object: {labels: {a/b: ''}}, reason: r, expires: "
      "'2027-12-31'}]\n",
  };
  for (const std::string_view rest : accepted) {
    CAPTURE(rest);
    CHECK(errors_of(policy_with(rest)).empty());
    CHECK(test::schema_accepts(schema, policy_with(rest)));
  }
  const std::string_view refused[] = {
      "x: 1\n",
      "require: Sometimes\n",
      "require:\n",
      "rules: {PXS101: true}\n",
      "rules: {PXS101: Deny}\n",
      "rules: {PXS101: {}}\n",
      "rules: {PXS101: null}\n",
      "rules: {'PXS 101': deny}\n",
      "secrets: [a/b/c]\n",
      "secrets: a\n",
      "publicClasses: [1]\n",
      "trustedControllers: ['system:*']\n",
      "trustedControllers: [system:serviceaccounts]\n",
      "webhook: {activation: yes}\n",
      "exceptions: {}\n",
      "exceptions: [{rule: PXS101, object: {}, reason: r, expires: '2027-12-31'}]\n",
      "exceptions: [{rule: PXS101, object: {name: a}, reason: ' ', expires: '2027-12-31'}]\n",
      "exceptions: [{rule: PXS101, object: {name: a}, reason: r, expires: '2027-13-01'}]\n",
      "exceptions: [{rule: PXS101, object: {name: a}, reason: r}]\n",
      "exceptions: [{rule: PXS101, object: {kind: a}, reason: r, expires: '2027-12-31'}]\n",
  };
  for (const std::string_view rest : refused) {
    CAPTURE(rest);
    CHECK_FALSE(errors_of(policy_with(rest)).empty());
    CHECK_FALSE(test::schema_accepts(schema, policy_with(rest)));
  }
}

TEST_CASE("the pattern of every format and the function of the reader agree") {
  test::check_formats(
      {&kSentence, &kKind, &kNamespace, &kName, &kAnyName, &kSecret, &kUser, &kLabelKey,
       &kLabelValue, &kRule, &kDate},
      {"2027-06-30", "2199-12-31", "2200-01-01", "1999-12-31", "2027-00-10", "2027-13-10",
       "2027-10-32", "2027-10-00", "2027-1-010", "2027-10-011", "2027/10/01"});
}

TEST_CASE("the reference shows every field, and its examples are policies") {
  const std::string reference = test::source_file("docs/policy.md");
  test::check_reference(reference, policy_shape());
  const auto examples = test::yaml_examples(reference);
  CHECK_FALSE(examples.empty());
  for (const std::string& example : examples) {
    CAPTURE(example);
    CHECK(errors_of(example).empty());
  }
}

}  // namespace pxguard::policy
