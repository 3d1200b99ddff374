#include "rules/model/container.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.h"

namespace pxguard::model {
namespace {

void read_words(json::Value list, const FieldPath& path, std::vector<Word>& words) {
  std::size_t index = 0;
  for (const json::Value element : list.elements()) {
    words.push_back({std::string(element.text()), path.element(index++)});
  }
}

}  // namespace

std::string SecretRef::display() const {
  return "secret " + printable(name, 120) + ", key " + printable(key, 120);
}

EnvVar::EnvVar(json::Value entry, FieldPath list, std::size_t index)
    : name_(entry["name"].text()),
      value_(entry["value"]),
      list_(std::move(list)),
      index_(index),
      kind_(Kind::Literal) {
  const json::Value from = entry["valueFrom"];
  if (!from) return;
  source_ = from["secretKeyRef"];
  if (source_)
    kind_ = Kind::SecretKey;
  else if (source_ = from["configMapKeyRef"]; source_)
    kind_ = Kind::ConfigMapKey;
  else
    kind_ = Kind::Other;
}

SecretRef EnvVar::ref() const {
  return {std::string(source_["name"].text()), std::string(source_["key"].text())};
}

bool EnvVar::has_literal() const {
  return value_.is_string() ? !value_.text().empty() : value_.is_set();
}

bool EnvVar::is_optional() const { return source_["optional"].boolean_or(false); }

FieldPath EnvVar::value_path() const {
  switch (kind_) {
    case Kind::Literal: return path().key("value");
    case Kind::SecretKey: return path().key("valueFrom").key("secretKeyRef");
    case Kind::ConfigMapKey: return path().key("valueFrom").key("configMapKeyRef");
    case Kind::Other: return path().key("valueFrom");
  }
  std::abort();
}

EnvList EnvList::read(json::Value env, json::Value env_from, const FieldPath& owner,
                      std::string_view env_key) {
  EnvList list;
  list.path = owner.key(env_key);
  std::size_t index = 0;
  list.variables.reserve(env.size());
  for (const json::Value entry : env.elements())
    list.variables.emplace_back(entry, list.path, index++);
  index = 0;
  const FieldPath sources = owner.key("envFrom");
  for (const json::Value entry : env_from.elements()) {
    const bool secret = entry["secretRef"].is_set();
    const json::Value ref = entry[secret ? "secretRef" : "configMapRef"];
    list.sources.push_back({.kind = secret ? EnvFrom::Kind::Secret : EnvFrom::Kind::ConfigMap,
                            .name = std::string(ref["name"].text()),
                            .prefix = std::string(entry["prefix"].text()),
                            .optional = ref["optional"].boolean_or(false),
                            .path = sources.element(index++)});
  }
  return list;
}

const EnvVar* EnvList::last(std::string_view name, std::size_t count) const {
  for (std::size_t i = std::min(count, variables.size()); i > 0; --i) {
    if (variables[i - 1].name() == name) return &variables[i - 1];
  }
  return nullptr;
}

Container::Container(json::Value value, Kind kind, FieldPath path)
    : value_(value),
      kind_(kind),
      path_(std::move(path)),
      env_(std::make_shared<const EnvList>(EnvList::read(value["env"], value["envFrom"], path_))) {
  const json::Value command = value["command"];
  const json::Value args = value["args"];
  words_.reserve(command.size() + args.size());
  read_words(command, path_.key("command"), words_);
  command_size_ = words_.size();
  read_words(args, path_.key("args"), words_);
}

bool Container::runs_a_shell() const {
  constexpr std::array<std::string_view, 6> kShells = {"sh",   "bash",    "ash",
                                                       "dash", "busybox", "env"};
  if (command().empty()) return false;
  const std::string_view program = last_part(command().front().text, '/');
  return std::find(kShells.begin(), kShells.end(), program) != kShells.end();
}

std::string_view image_basename(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return image.substr(0, image.find(':'));
}

std::string_view image_tag(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const std::size_t slash = image.rfind('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  const std::size_t colon = image.find(':');
  return colon == std::string_view::npos ? std::string_view{} : image.substr(colon + 1);
}

}  // namespace pxguard::model
