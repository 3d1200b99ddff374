#include "rules/checks/shared/running_pods.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/rfc3339.h"
#include "base/text.h"
#include "rules/model/pxctl.h"

namespace pxguard::rules {
namespace {

// Secrets that its containers take keys of PX-Security from.
std::set<std::string> key_secrets_of(const model::Workload& pod) {
  std::set<std::string> names;
  for (const model::Container& container : pod.containers()) {
    for (const model::EnvVar& variable : container.env().variables) {
      if (variable.kind() == model::EnvVar::Kind::SecretKey &&
          model::is_key_variable(variable.name()))
        names.insert(variable.ref().name);
    }
  }
  return names;
}

struct Readers {
  std::size_t all = 0;
  std::size_t older = 0;  // than the change
  model::DataChange change{};
};

class RunningPods {
 public:
  explicit RunningPods(const ContextBase& context) : context_(context) {}

  void look_at(const model::Object& pod) {
    const auto started = parse_time(pod.root()["status"]["startTime"].text());
    const auto workload = model::Workload::of(pod);
    if (!started || !workload || pod.is_being_deleted()) return;
    for (const std::string& name : key_secrets_of(*workload)) {
      const auto facts = context_.view.secret(pod, pod.id().ns, name);
      if (facts.get() == nullptr) continue;
      const auto& change = facts.get()->change();
      if (!change) {
        context_.unverified("when the data of Secret " + printable(name, 120) +
                            " was changed last, to tell whether pods hold old keys");
        continue;
      }
      Readers& readers = readers_[name];
      readers.change = *change;
      ++readers.all;
      if (*started < change->at) ++readers.older;
    }
  }

  [[nodiscard]] Findings findings(const model::FieldPath& path) const {
    Findings findings;
    for (const auto& [name, readers] : readers_) {
      if (readers.older > 0) findings.push_back(finding(path, name, readers));
    }
    return findings;
  }

 private:
  [[nodiscard]] Finding finding(const model::FieldPath& path, const std::string& name,
                                const Readers& readers) const {
    const bool is_certain = readers.change.is_certain;
    const std::string counts =
        std::to_string(readers.older) + " of " + std::to_string(readers.all) + " pods";
    const std::string secret = "Secret " + printable(name, 120);
    return {.at = path,
            .severity = is_certain ? Severity::Error : Severity::Warning,
            .message = is_certain ? "Pods hold a key from before it was changed"
                                  : "Pods may hold a key from before it was changed",
            .found = counts + " started before " + secret + " was " +
                     (is_certain ? "changed, at " : "written, at ") + time_text(readers.change.at),
            .want = "pods that started after the last change of " + secret,
            .why = is_certain ? ""
                              : "A container keeps the bytes that it started with. Whoever wrote "
                                "the Secret may have changed something else than its data.",
            .fix =
                "If the change is meant, restart Portworx, Stork and Autopilot, one after the "
                "other: kubectl rollout restart.",
            .at_admission = Action::Audit,
            .reference = name};
  }

  const ContextBase& context_;
  std::map<std::string, Readers> readers_;
};

}  // namespace

Findings find_pods_with_old_keys(const model::Object& workload, const model::FieldPath& path,
                                 const ContextBase& context) {
  if (context.moment == Moment::Admission) return {};
  RunningPods running(context);
  for (const model::Object* pod : context.view.pods(workload).objects) running.look_at(*pod);
  return running.findings(path);
}

std::vector<PortworxPod> portworx_pods(const model::PortworxConfig& portworx,
                                       const ContextBase& context) {
  std::vector<PortworxPod> pods;
  for (const model::Object* object : context.view.pods(portworx.object()).objects) {
    const auto workload = model::Workload::of(*object);
    auto config = workload ? model::PortworxConfig::of(*workload, context.view) : std::nullopt;
    if (config && !config->is_helper() && !object->is_being_deleted())
      pods.push_back({object, std::move(*config)});
  }
  return pods;
}

const model::PortworxConfig& wanted_of_pods(const model::PortworxConfig& portworx,
                                            const std::vector<PortworxPod>& pods) {
  if (portworx.install() == model::PortworxConfig::Install::Container) return portworx;
  const auto started = [](const PortworxPod& pod) {
    return pod.object->root()["status"]["startTime"].text();
  };
  const auto by_start = [&started](const PortworxPod& a, const PortworxPod& b) {
    return started(a) < started(b);
  };
  return std::max_element(pods.begin(), pods.end(), by_start)->config;
}

}  // namespace pxguard::rules
