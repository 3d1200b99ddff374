// GCC 12 warns about std::regex itself as soon as a sanitizer is on.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "rules/policy/policy_file.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/yaml.h"
#include "rules/policy/policy_reader.h"
#include "rules/policy/policy_schema.h"

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

std::string source_file(const std::string& path) {
  std::ifstream file(std::string(PXGUARD_SOURCE_DIR "/") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const rules::Rule& a_rule() { return *rules::find_rule("PXS101"); }

model::Object object_of(std::string_view json_text) {
  auto document = std::make_shared<json::Document>(json::Document::parse(json_text).value());
  const json::Value root = document->root();
  return {std::move(document), root};
}

// --- the JSON Schema, from the table -----------------------------------------------------------

Json schema_of(const Shape& shape);

Json words_of(const Shape& shape) {
  Json words = Json::array();
  for (const std::string_view word : shape.words) words.push_back(word);
  if (!shape.when_false.empty()) words.push_back(false);
  return words.size() == 1 ? Json{{"const", words[0]}} : Json{{"enum", words}};
}

Json text_schema(const Shape& shape) {
  Json schema = {
      {"type", "string"}, {"pattern", shape.format->pattern}, {"maxLength", kLongestText}};
  if (!shape.refused.empty()) {
    schema["not"]["enum"] = Json::array();
    for (const std::string_view word : shape.refused) schema["not"]["enum"].push_back(word);
  }
  return schema;
}

Json object_schema(const Shape& shape) {
  Json schema = {{"type", "object"}};
  for (const Field& field : shape.fields) {
    if (field.required) schema["required"].push_back(field.name);
  }
  if (shape.at_least > 0) schema["minProperties"] = shape.at_least;
  for (const Field& field : shape.fields) {
    std::string says(field.says);
    if (!field.otherwise.empty()) says += " Default: " + std::string(field.otherwise) + ".";
    Json member = {{"description", says}};
    member.update(schema_of(*field.shape));
    const bool may_be_null = !field.required && member.contains("type") &&
                             (member["type"] == "object" || member["type"] == "array");
    if (may_be_null) member["type"] = {member["type"], "null"};
    schema["properties"][std::string(field.name)] = member;
  }
  schema["additionalProperties"] = false;
  return schema;
}

Json schema_of(const Shape& shape) {
  switch (shape.type) {
    case Type::Object:
      if (shape.short_form == nullptr) return object_schema(shape);
      return {{"anyOf", {schema_of(*shape.short_form), object_schema(shape)}}};
    case Type::Map:
      return {{"type", "object"},
              {"propertyNames", {{"pattern", shape.format->pattern}, {"maxLength", kLongestText}}},
              {"additionalProperties", schema_of(*shape.element)}};
    case Type::List: return {{"type", "array"}, {"items", schema_of(*shape.element)}};
    case Type::Word: return words_of(shape);
    case Type::Text: return text_schema(shape);
    case Type::Boolean: return {{"type", "boolean"}};
    case Type::Anything: return Json::object();
  }
  std::abort();
}

std::string schema_text() {
  Json schema = {
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"title", "The policy of pxguard"},
      {"$comment",
       "Printed from rules/policy/policy_schema.cc. pxguard says more: unknown rules, days "
       "that no calendar has and keys that stand twice are errors as well."}};
  schema.update(object_schema(policy_shape()));
  return schema.dump(2) + "\n";
}

// --- as much of JSON Schema as that file uses --------------------------------------------------

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  FAIL("unknown type in the schema: ", type);
  return false;
}

bool has_one_type(const Json& value, const Json& type) {
  if (type.is_string()) return has_type(value, type.get<std::string>());
  return std::any_of(type.begin(), type.end(),
                     [&](const Json& one) { return has_type(value, one.get<std::string>()); });
}

bool accepts(const Json& schema, const Json& value);

bool keyword_accepts(const std::string& keyword, const Json& wanted, const Json& schema,
                     const Json& value) {
  static const std::set<std::string> kNotes = {"$schema", "$comment", "title", "description"};
  if (kNotes.count(keyword) > 0 || keyword == "properties") return true;
  if (keyword == "type") return has_one_type(value, wanted);
  if (keyword == "const") return value == wanted;
  if (keyword == "enum") return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  if (keyword == "not") return !accepts(wanted, value);
  if (keyword == "anyOf") {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Json& one) { return accepts(one, value); });
  }
  if (keyword == "pattern") {
    return !value.is_string() ||
           std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()));
  }
  if (keyword == "maxLength")
    return !value.is_string() || value.get<std::string>().size() <= wanted.get<std::size_t>();
  if (keyword == "minProperties")
    return !value.is_object() || value.size() >= wanted.get<std::size_t>();
  if (keyword == "required") {
    return std::all_of(wanted.begin(), wanted.end(), [&](const Json& name) {
      return !value.is_object() || value.contains(name.get<std::string>());
    });
  }
  if (keyword == "items") {
    return !value.is_array() || std::all_of(value.begin(), value.end(), [&](const Json& element) {
      return accepts(wanted, element);
    });
  }
  if (keyword == "propertyNames") {
    for (const auto& [key, member] : value.items()) {
      if (!accepts(wanted, Json(key))) return false;
    }
    return true;
  }
  if (keyword == "additionalProperties") {
    if (!value.is_object()) return true;
    for (const auto& [key, member] : value.items()) {
      const bool is_listed = schema.contains("properties") && schema["properties"].contains(key);
      if (!accepts(is_listed ? schema["properties"][key] : wanted, member)) return false;
    }
    return true;
  }
  FAIL("unknown keyword in the schema: ", keyword);
  return false;
}

bool accepts(const Json& schema, const Json& value) {
  if (schema.is_boolean()) return schema.get<bool>();
  for (const auto& [keyword, wanted] : schema.items()) {
    if (!keyword_accepts(keyword, wanted, schema, value)) return false;
  }
  return true;
}

bool schema_accepts(const Json& schema, std::string_view text) {
  return accepts(schema, Json::parse(yaml::read(text).at(0).json));
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

// ./dev test --update writes the file.
TEST_CASE("the published JSON Schema is the table of the reader") {
  if (std::getenv("PXGUARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(PXGUARD_SOURCE_DIR "/docs/policy.schema.json") << schema_text();
  }
  CHECK(source_file("docs/policy.schema.json") == schema_text());
}

TEST_CASE("the published JSON Schema accepts what the reader accepts and refuses what it refuses") {
  const Json schema = Json::parse(source_file("docs/policy.schema.json"));
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
    CHECK(schema_accepts(schema, policy_with(rest)));
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
    CHECK_FALSE(schema_accepts(schema, policy_with(rest)));
  }
}

TEST_CASE("the pattern of every format and the function of the reader agree") {
  std::vector<std::string> texts = {""};
  for (std::size_t i = 0; texts[i].size() < 4; ++i) {
    for (const char c : {'a', 'Z', '0', '-', '.', '/', '*', ' ', ':', '\n'})
      texts.push_back(texts[i] + c);
  }
  for (const char* day :
       {"2027-06-30", "2199-12-31", "2200-01-01", "1999-12-31", "2027-00-10", "2027-13-10",
        "2027-10-32", "2027-10-00", "2027-1-010", "2027-10-011", "2027/10/01"}) {
    texts.emplace_back(day);
  }
  for (const Format* format : {&kSentence, &kKind, &kNamespace, &kName, &kAnyName, &kSecret, &kUser,
                               &kLabelKey, &kLabelValue, &kRule, &kDate}) {
    CAPTURE(format->pattern);
    const std::regex pattern(format->pattern.data(), format->pattern.size());
    for (const std::string& text : texts) {
      if (std::regex_search(text, pattern) != format->fits(text))
        FAIL_CHECK("differs on \"", text, "\"");
    }
  }
}

TEST_CASE("the reference shows every field, and its examples are policies") {
  const std::string reference = source_file("docs/policy.md");
  const auto check_fields = [&](const auto& self, const Shape& shape) -> void {
    for (const Field& field : shape.fields) {
      CAPTURE(field.name);
      CHECK(reference.find("`" + std::string(field.name) + "`") != std::string::npos);
      for (const std::string_view word : field.shape->words)
        CHECK(reference.find(word) != std::string::npos);
      self(self, *field.shape);
      if (field.shape->element != nullptr) self(self, *field.shape->element);
    }
  };
  check_fields(check_fields, policy_shape());

  constexpr std::string_view kFence = "```yaml\n";
  int examples = 0;
  for (std::size_t at = reference.find(kFence); at != std::string::npos;
       at = reference.find(kFence, at + 1)) {
    const std::size_t begin = at + kFence.size();
    const std::string example = reference.substr(begin, reference.find("```", begin) - begin);
    CAPTURE(example);
    CHECK(errors_of(example).empty());
    ++examples;
  }
  CHECK(examples >= 1);
}

}  // namespace pxguard::policy
