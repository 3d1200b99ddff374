// One thing that authorization is configured with, wherever it was written: provided, absent, or
// maybe (optional references, envFrom with keys out of sight, injectors, $(VAR)). A maybe is never
// "missing" and never "differs"; it says what would settle it.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret_value.h"
#include "rules/model/arguments.h"
#include "rules/model/cluster_view.h"
#include "rules/model/container.h"
#include "rules/model/workload.h"

namespace pxguard::model {

struct Setting {
  enum class Presence { Absent, Maybe, Provided };
  enum class Form { None, Literal, SecretKey, ConfigMapKey, EnvFrom, Argument, DashE, Operator };

  Presence presence = Presence::Absent;
  Form form = Form::None;
  std::optional<SecretRef> ref{};  // of SecretKey and Operator; of EnvFrom where its keys are known
  std::optional<std::string> text{};  // the value, of public settings whose value is in view
  std::shared_ptr<const SecretValue> value{};  // of a literal or argument, public or not
  FieldPath path{};          // of the entry or argument, or where it would be added
  std::string needs{};       // of a maybe: what would settle it
  bool is_optional = false;  // a secretKeyRef with optional: true
  // What a live view keeps in the place of `value`; "" where that is the value itself.
  std::string blind{};

  [[nodiscard]] bool is_provided() const { return presence == Presence::Provided; }
  [[nodiscard]] bool is_absent() const { return presence == Presence::Absent; }
  [[nodiscard]] bool is_maybe() const { return presence == Presence::Maybe; }
  // Of the value, keyed; "" without one.
  [[nodiscard]] std::string digest() const;
  // "secret pxkeys, key system-secret", "a literal value", "argument", "nothing"; never a secret.
  [[nodiscard]] std::string display() const;
};

// A public value, in quotes. Where a key was pasted in the place of a path it is not shown.
[[nodiscard]] std::string shown_text(std::string_view text);

// Whether two provided settings are the same value.
enum class Sameness { Same, Different, Unknown };
// By reference within one namespace, else by digest where both Secrets are in view.
Sameness compare(const Setting& a, std::string_view a_ns, const Setting& b, std::string_view b_ns,
                 const ClusterView& view, const Object& from);

// Behind "the bytes of ...": how to have them compared, where it is only not allowed; else "".
std::string_view how_to_compare(const Setting& a, std::string_view a_ns, const Setting& b,
                                std::string_view b_ns, const ClusterView& view, const Object& from);

// A value that a tool puts in later: vault:..., ref+..., op://... (bank-vaults, vals, 1Password and
// others), or a template that was never rendered.
[[nodiscard]] bool is_injector_reference(std::string_view literal);

// What the variables and arguments of one container (or of a StorageCluster) provide.
class Settings {
 public:
  struct From {
    const Object& object;
    const EnvList& env;
    const std::vector<Argument>& arguments;
    const ClusterView& view;
    // How many of the variables are in view: those before an entry, to read it as it was then.
    std::size_t count = SIZE_MAX;
    // Why variables may be something else in the running container, or "".
    std::string wrapped_by{};
  };
  // REQUIRES: all of `from` stays alive while this is used.
  explicit Settings(From from) : from_(std::move(from)) {}

  [[nodiscard]] Setting variable(std::string_view name, bool is_public) const;
  [[nodiscard]] Setting argument(AuthKey key) const;
  // -e KEY=VALUE
  [[nodiscard]] Setting dash_e(std::string_view name, bool is_public) const;

 private:
  [[nodiscard]] Setting of_entry(const EnvVar& entry, bool is_public, bool follow) const;
  [[nodiscard]] Setting of_env_from(std::string_view name) const;

  From from_;
};

}  // namespace pxguard::model
