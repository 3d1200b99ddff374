// One container of a pod template, with its variables and arguments; also the variable lists of a
// StorageCluster, which have the same form.
//
// Lifetime: valid while the Object that it was made from is alive.
// Threads: any number may read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "rules/model/field_path.h"

namespace pxguard::model {

// In the namespace of whoever refers. Two references are the same Secret without reading it.
struct SecretRef {
  std::string name;
  std::string key;
  bool operator==(const SecretRef&) const = default;
  [[nodiscard]] std::string display() const;  // "secret pxkeys, key system-secret"
};

class EnvVar {
 public:
  enum class Kind { Literal, SecretKey, ConfigMapKey, Other };

  // `list`: the path of the list that it stands in. Paths are made when somebody asks: a list may
  // have thousands of entries, and few of them are ever reported.
  EnvVar(json::Value entry, FieldPath list, std::size_t index);

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  // The reference of SecretKey and ConfigMapKey.
  [[nodiscard]] SecretRef ref() const;
  [[nodiscard]] bool is_optional() const;
  // The literal, "" of other kinds. It may be a secret: only its form is to be looked at, unless
  // the variable is one of the public ones of portworx_names.h.
  [[nodiscard]] std::string_view literal() const { return value_.text(); }
  // Something is written as the value, if only a number, which the API server would refuse.
  [[nodiscard]] bool has_literal() const;
  [[nodiscard]] FieldPath path() const { return list_.element(index_, name()); }
  // The place of the value or reference inside.
  [[nodiscard]] FieldPath value_path() const;

 private:
  std::string_view name_;  // of the document
  json::Value value_;
  json::Value source_;  // secretKeyRef or configMapKeyRef
  FieldPath list_;
  std::size_t index_;
  Kind kind_;
};

// envFrom: every key of a Secret or ConfigMap becomes a variable, behind a prefix.
struct EnvFrom {
  enum class Kind { Secret, ConfigMap };
  Kind kind;
  std::string name;
  std::string prefix;
  bool optional;
  FieldPath path;
};

struct EnvList {
  std::vector<EnvVar> variables;
  std::vector<EnvFrom> sources;
  FieldPath path;  // of the list

  static EnvList read(json::Value env, json::Value env_from, const FieldPath& owner,
                      std::string_view env_key = "env");
  // The last entry of a name among the first `count`: of all, it is what containers see.
  [[nodiscard]] const EnvVar* last(std::string_view name, std::size_t count = SIZE_MAX) const;
};

// One element of `command` or `args`.
struct Word {
  std::string text;
  FieldPath path;
};

class Container {
 public:
  enum class Kind { Main, Init, Sidecar, Ephemeral };

  Container(json::Value value, Kind kind, FieldPath path);

  [[nodiscard]] std::string_view name() const { return value_["name"].text(); }
  [[nodiscard]] std::string_view image() const { return value_["image"].text(); }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const EnvList& env() const { return *env_; }
  [[nodiscard]] const std::shared_ptr<const EnvList>& shared_env() const { return env_; }
  [[nodiscard]] json::Value value() const { return value_; }
  [[nodiscard]] const FieldPath& path() const { return path_; }

  // The elements of `command` and of `args`, as they stand.
  [[nodiscard]] std::span<const Word> command() const { return words().first(command_size_); }
  [[nodiscard]] std::span<const Word> args() const { return words().subspan(command_size_); }
  // Both, one behind the other: what is run.
  [[nodiscard]] std::span<const Word> words() const { return words_; }
  // The command is a shell: what a script does is not looked into.
  [[nodiscard]] bool runs_a_shell() const;

 private:
  json::Value value_;
  Kind kind_;
  FieldPath path_;
  std::shared_ptr<const EnvList> env_;
  std::vector<Word> words_;
  std::size_t command_size_ = 0;
};

// The image without registry, folder, tag and digest: "oci-monitor".
std::string_view image_basename(std::string_view image);
// The tag, "" where there is none or only a digest.
std::string_view image_tag(std::string_view image);

}  // namespace pxguard::model
