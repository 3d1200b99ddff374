// PXS510: A field that PX-Security depends on has another type than the API gives it. An API server
// refuses the object; whoever reads the file before takes it for a secured one.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/text.h"
#include "rules/checks/shared/env_lists.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl.h"
#include "rules/rule.h"

namespace pxguard::rules::security_field_mistyped {
namespace {

using json::Kind;
using model::FieldPath;

enum class Type { Boolean, String, Map, List };

bool is_of(Type type, json::Value value) {
  switch (type) {
    case Type::Boolean: return value.kind() == Kind::Boolean;
    case Type::String: return value.is_string();
    case Type::Map: return value.is_object();
    case Type::List: return value.is_array();
  }
  return false;
}

std::string_view wanted(Type type) {
  switch (type) {
    case Type::Boolean: return "true or false";
    case Type::String: return "a string";
    case Type::Map: return "a map";
    case Type::List: return "a list";
  }
  return {};
}

std::string_view found(Kind kind) {
  switch (kind) {
    case Kind::Null: return "nothing";
    case Kind::Boolean: return "a boolean";
    case Kind::Integer:
    case Kind::Number: return "a number";
    case Kind::String: return "a string";
    case Kind::Array: return "a list";
    case Kind::Object: return "a map";
  }
  return {};
}

bool is_quoted_boolean(json::Value value) {
  const std::string text = lower(value.text());
  return text == "true" || text == "false";
}

// What is not set has no type. The value itself may be a secret and is never said.
void expect(json::Value value, Type type, const FieldPath& at, Findings& findings) {
  if (!value || is_of(type, value)) return;
  Finding finding{.at = at,
                  .found = std::string(found(value.kind())),
                  .want = std::string(wanted(type)),
                  .reference = std::string(found(value.kind()))};
  if (type == Type::Boolean && is_quoted_boolean(value)) {
    finding.found = "true or false in quotes, which is a string";
    finding.want = "the same without quotes";
    finding.repair = {{Edit::replace(at, lower(value.text()) == "true")}, Repair::Use::Files};
  } else if (type == Type::String && !value.is_object() && !value.is_array()) {
    finding.want = "a string, in quotes";
  }
  findings.push_back(std::move(finding));
}

void expect_reference(json::Value source, std::string_view key, const FieldPath& at,
                      Findings& findings) {
  const json::Value reference = source[key];
  const FieldPath path = at.key(key);
  expect(reference, Type::Map, path, findings);
  expect(reference["name"], Type::String, path.key("name"), findings);
  expect(reference["key"], Type::String, path.key("key"), findings);
  expect(reference["optional"], Type::Boolean, path.key("optional"), findings);
}

// Variables that a rule reads the value of. A key with a value of any type is PXS105's.
bool is_read(std::string_view name) {
  return is_auth_variable(name) || name == model::kPxctlTokenEnv || name == model::kPxNamespaceEnv;
}

void expect_variable(json::Value entry, const FieldPath& at, Findings& findings) {
  const std::string_view name = entry["name"].text();
  if (!is_read(name)) return;
  if (!model::is_key_variable(name))
    expect(entry["value"], Type::String, at.key("value"), findings);
  const json::Value source = entry["valueFrom"];
  const FieldPath from = at.key("valueFrom");
  expect(source, Type::Map, from, findings);
  expect_reference(source, "secretKeyRef", from, findings);
  expect_reference(source, "configMapKeyRef", from, findings);
}

// `is_ours`: every entry counts; else those alone that have a name of ours.
void expect_env(json::Value env, const FieldPath& at, bool is_ours, Findings& findings) {
  if (is_ours) expect(env, Type::List, at, findings);
  std::size_t index = 0;
  for (const json::Value entry : env.elements()) {
    const FieldPath path = at.element(index++, entry["name"].text());
    if (is_ours) {
      expect(entry, Type::Map, path, findings);
      expect(entry["name"], Type::String, path.key("name"), findings);
    }
    expect_variable(entry, path, findings);
  }
}

// The first wrong element: a list of numbers is one mistake.
void expect_strings(json::Value list, const FieldPath& at, Findings& findings) {
  expect(list, Type::List, at, findings);
  const std::size_t before = findings.size();
  std::size_t index = 0;
  for (const json::Value element : list.elements()) {
    if (findings.size() > before) break;
    expect(element, Type::String, at.element(index++), findings);
  }
}

// Its command is no list, so that nothing else can tell whose it is.
bool mentions_pxd(const model::Container& container) {
  const json::Value value = container.value();
  return contains_word(value["command"].text(), "pxd") ||
         contains_word(value["args"].text(), "pxd");
}

Findings on_workload(const model::Workload& workload, const Context<model::Workload>& context) {
  Findings findings;
  const auto storks = model::StorkConfig::of(workload, context.view);
  const auto is_stork = [&storks](const model::Container& container) {
    return std::any_of(storks.begin(), storks.end(), [&container](const auto& stork) {
      return &stork.env() == &container.env();
    });
  };
  for (const model::Container& container : workload.containers()) {
    const bool is_ours =
        is_portworx(workload, container) || is_stork(container) || mentions_pxd(container);
    const json::Value value = container.value();
    const FieldPath& at = container.path();
    expect_env(value["env"], at.key("env"), is_ours, findings);
    if (!is_ours) continue;
    expect(value["image"], Type::String, at.key("image"), findings);
    expect(value["envFrom"], Type::List, at.key("envFrom"), findings);
    expect_strings(value["command"], at.key("command"), findings);
    expect_strings(value["args"], at.key("args"), findings);
  }
  return findings;
}

struct Field {
  std::string_view key;
  Type type;
};

void expect_fields(json::Value map, std::initializer_list<Field> fields, const FieldPath& at,
                   Findings& findings) {
  for (const auto& [key, type] : fields) expect(map[key], type, at.key(key), findings);
}

// Fields that no CRD has there are PXS503's.
void expect_security(json::Value security, bool crds_master, Findings& findings) {
  const FieldPath at{"spec", "security"};
  expect_fields(security, {{"enabled", Type::Boolean}, {"auth", Type::Map}}, at, findings);
  const json::Value auth = security["auth"];
  expect_fields(auth, {{"guestAccess", Type::String}, {"selfSigned", Type::Map}}, at.key("auth"),
                findings);
  expect_fields(
      auth["selfSigned"],
      {{"issuer", Type::String}, {"sharedSecret", Type::String}, {"tokenLifetime", Type::String}},
      at.key("auth").key("selfSigned"), findings);
  if (!crds_master) return;
  expect_fields(auth, {{"enabled", Type::Boolean}}, at.key("auth"), findings);
  expect_fields(security, {{"tls", Type::Map}}, at, findings);
  expect_fields(security["tls"], {{"enabled", Type::Boolean}}, at.key("tls"), findings);
}

Findings on_storage_cluster(const model::StorageCluster& cluster,
                            const Context<model::StorageCluster>& context) {
  Findings findings;
  const FieldPath at{"spec"};
  const json::Value spec = cluster.spec();
  expect_fields(spec,
                {{"image", Type::String},
                 {"version", Type::String},
                 {"security", Type::Map},
                 {"nodes", Type::List}},
                at, findings);
  expect_security(cluster.security(), context.settings.crds_master, findings);
  expect_env(spec["env"], at.key("env"), true, findings);
  std::size_t index = 0;
  for (const json::Value node : spec["nodes"].elements()) {
    const FieldPath path = at.key("nodes").element(index++);
    expect_env(node["env"], path.key("env"), true, findings);
  }
  for (const std::string_view part : {"stork", "autopilot"}) {
    expect_fields(spec, {{part, Type::Map}}, at, findings);
    expect_fields(spec[part], {{"enabled", Type::Boolean}, {"image", Type::String}}, at.key(part),
                  findings);
    expect_env(spec[part]["env"], at.key(part).key("env"), true, findings);
  }
  expect(cluster.object().metadata()["annotations"][model::kMiscArgs], Type::String,
         FieldPath{"metadata", "annotations"}.key(model::kMiscArgs), findings);
  return findings;
}

constexpr Check kChecks[] = {on_workload, on_storage_cluster};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS510",
    .name = "security-field-mistyped",
    .title = "A field that PX-Security depends on has the wrong type",
    .rationale =
        "The API server refuses the object; what does not ask it reads the field as not set, so "
        "security may be off.",
    .fix =
        "Write the field with the type that is wanted: switches and numbers without quotes, "
        "texts with them, lists with dashes.",
    .by_hand = "kubectl apply --dry-run=server -f FILE",
    .source =
        "CRD of core.libopenstorage.org/v1 StorageCluster; Kubernetes API, Container and EnvVar.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = false,
    .checks = kChecks,
};

}  // namespace pxguard::rules::security_field_mistyped
