#include "cli/repair_literals.h"

#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json_text.h"
#include "cli/shell_word.h"
#include "rules/model/portworx_names.h"
#include "rules/patch_tree.h"

namespace pxguard::cli {
namespace {

// Documentation of Portworx, "Generate shared secrets": which key of the Secret is whose.
std::string_view key_of(std::string_view variable) {
  if (variable == model::kSharedSecretEnv) return model::kStorkSecretKey;
  const model::AuthName* const name = model::auth_name(variable);
  if (name == nullptr) return {};
  switch (name->key) {
    case model::AuthKey::SystemKey: return model::kSystemSecretKey;
    case model::AuthKey::AppsKey:
    case model::AuthKey::StorkKey: return model::kStorkSecretKey;
    case model::AuthKey::JwtSharedSecret: return model::kSharedSecretKey;
    default: return {};
  }
}

// Elements by their names, as views make paths.
model::FieldPath path_of(const model::Object& object, std::string_view pointer) {
  model::FieldPath path;
  std::string walked;
  const auto segments = rules::pointer_segments(pointer).value_or(std::vector<std::string>{});
  for (const std::string& segment : segments) {
    const bool is_list = object.root().find(walked).is_array();
    walked += '/' + json::pointer_segment(segment);
    const auto position = is_list ? rules::list_position(segment) : std::nullopt;
    path = position ? path.element(*position, object.root().find(walked)["name"].text())
                    : path.key(segment);
  }
  return path;
}

}  // namespace

std::optional<LiteralRepair> literal_repair(const policy::Judged& judged,
                                            const model::Object& object,
                                            const manifest::ManifestSet& set,
                                            const rules::Settings& settings) {
  const std::string pointer = judged.finding.at.pointer();
  const bool is_value = judged.rule->id == "PXS105" && pointer.ends_with("/value");
  if (!is_value || object.kind() == "StorageCluster") return std::nullopt;
  const std::string_view entry = rules::parent_of(pointer);
  const std::string variable(object.root().find(entry)["name"].text());
  const std::string_view key = key_of(variable);
  if (key.empty() || !object.root().find(pointer).is_string()) return std::nullopt;
  const std::string name = settings.key_secrets.size() == 1 ? settings.key_secrets.front()
                                                            : std::string(model::kManualKeys);
  const auto known = set.secret(object, object.id().ns, name);
  if (known.get() != nullptr) return std::nullopt;
  LiteralRepair made;
  made.secret = {object.id().ns, name,          std::string(key),
                 variable,       object.file(), object.mark(pointer).line};
  const std::string reference =
      R"({"secretKeyRef":{"name":)" + json::quote(name) + R"(,"key":)" + json::quote(key) + "}}";
  made.repair.use = rules::Repair::Use::Request;
  made.repair.edits = {
      rules::Edit::remove(judged.finding.at),
      {rules::Edit::Kind::Add, path_of(object, entry).key("valueFrom"), reference}};
  return made;
}

std::string commands_for(std::span<const SecretToMake> secrets) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, const SecretToMake*>> keys;
  for (const SecretToMake& secret : secrets)
    keys[{secret.ns, secret.name}].emplace(secret.key, &secret);
  std::string text;
  for (const auto& [name, of_secret] : keys) {
    std::string asked;
    std::string given;
    int number = 0;
    for (const auto& [key, secret] : of_secret) {
      const std::string prompt =
          fmt::format("{} ({}:{}): ", secret->variable, secret->file, secret->line);
      asked += fmt::format("  read -rs -p {} K{}; echo\n", shell_word(prompt), ++number);
      given += fmt::format(" \\\n    --from-file={}=<(printf %s \"$K{}\")", key, number);
    }
    const std::string in = name.first.empty() ? "" : "-n " + shell_word(name.first) + ' ';
    // Server-side: keys that the Secret has already stay, and no annotation repeats them.
    text += asked + fmt::format(
                        "  kubectl {}create secret generic {}{} \\\n"
                        "    --dry-run=client -o yaml | kubectl apply --server-side -f -\n",
                        in, shell_word(name.second), given);
  }
  return text;
}

}  // namespace pxguard::cli
