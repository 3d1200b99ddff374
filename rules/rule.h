// A rule is constant data and one or more checks: pure functions from a view of one object to
// findings. The type of a check's parameter is its scope: a check of PortworxConfig runs wherever
// Portworx is configured, in a DaemonSet or a StorageCluster.
//
// A check sees everything, reports on its own object only, says nothing about what is unknown
// (the context notes it), and never fails: what is missing or of another type reads as absent.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rules/finding.h"
#include "rules/model/cluster_view.h"
#include "rules/model/portworx.h"
#include "rules/model/setting.h"
#include "rules/model/snapshot_class.h"
#include "rules/model/storage_class.h"
#include "rules/model/storage_cluster.h"
#include "rules/model/stork.h"
#include "rules/model/stork_object.h"
#include "rules/model/versions.h"
#include "rules/model/workload.h"

namespace pxguard::rules {

enum class Operation { Create, Update, Delete, Connect };

// When a rule speaks: on a request, or about objects as they stand (check, audit). A pair of
// objects is reported once, on the follower; only at admission the leader is warned about it.
enum class Moment { Admission, Report };

// What a site has decided, as far as rules need it: names and wanted values, never actions.
struct Settings {
  std::string portworx_namespace{};        // "" where the policy names none
  std::vector<std::string> key_secrets{};  // Secrets with keys of a manual install
  std::string wanted_guest_access{};       // "" where the policy wants none
  std::string token_namespace{};  // of px-user-token, px-admin-token; "" where the operator's is
  bool security_always = false;   // require: Always
  bool assume_security = false;   // where it is unknown, PX-Security is on
  bool crds_master = false;       // the CRDs know security.auth.enabled and security.tls
  std::vector<std::string> public_classes{};  // StorageClasses without tokens on purpose
  // Where no tag or annotation tells the version.
  std::optional<model::Version> kubernetes_version{};
  std::optional<model::Version> portworx_version{};
  std::optional<model::Version> stork_version{};

  // A Secret with signing keys: those of the operator, pxkeys, and key_secrets.
  [[nodiscard]] bool names_key_secret(std::string_view name) const;
};

// What is the same for every check of one object.
struct Situation {
  const model::Object& object;
  const model::ClusterView& view;
  const Settings& settings;
  std::chrono::system_clock::time_point now;
  Operation operation = Operation::Create;
  Moment moment = Moment::Report;
};

// What a check knows besides the view that it judges.
class ContextBase : public Situation {
 public:
  explicit ContextBase(const Situation& situation) : Situation(situation) {}

  // Absent beyond doubt. A maybe is noted as unverified.
  [[nodiscard]] bool is_missing(const model::Setting& setting) const;
  [[nodiscard]] bool is_provided(const model::Setting& setting) const;
  // What would have to be known for this check: goes into the report, and is no finding.
  void unverified(std::string needs) const { unknown_.push_back(std::move(needs)); }
  [[nodiscard]] std::vector<std::string> take_unverified() const { return std::move(unknown_); }

 private:
  mutable std::vector<std::string> unknown_;
};

template <class View>
class Context : public ContextBase {
 public:
  Context(const ContextBase& base, const View* old_view) : ContextBase(base), old(old_view) {}
  // The object before the change; null unless there is a change.
  const View* const old;
};

template <class View>
using CheckOf = Findings (*)(const View&, const Context<View>&);

using Check =
    std::variant<CheckOf<model::Object>, CheckOf<model::Workload>, CheckOf<model::PortworxConfig>,
                 CheckOf<model::StorkConfig>, CheckOf<model::StorageCluster>,
                 CheckOf<model::SecretFacts>, CheckOf<model::StorageClass>,
                 CheckOf<model::SnapshotClass>, CheckOf<model::StorkObject>>;

struct Rule {
  std::string_view id;         // PXS102: never reused, its meaning never changed
  std::string_view name;       // kebab-case, states the bad pattern
  std::string_view title;      // one sentence without full stop
  std::string_view rationale;  // why it matters
  std::string_view fix;        // how to mend it
  std::string_view by_hand;    // how to check it with kubectl
  std::string_view source;     // where the facts come from
  std::string_view since;      // version of pxguard
  Severity severity;           // the highest that it uses
  bool gates_upgrade;          // old findings count again when an image or authorization changes
  std::span<const Check> checks;
};

// A container without an image is a patch of something: what it lacks may stand elsewhere. Noted.
[[nodiscard]] bool is_fragment(const model::PortworxConfig& portworx, const ContextBase& context);
[[nodiscard]] bool is_fragment(const model::StorkConfig& stork, const ContextBase& context);

// "PX-Security is on": notes what is unknown.
[[nodiscard]] bool is_on(const model::PortworxConfig& portworx, const ContextBase& context);

}  // namespace pxguard::rules
