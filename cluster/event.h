// Events about objects (events.k8s.io/v1), for whoever looks at a namespace and not at a log.
//
// events.k8s.io and not the older core API: it is checked strictly by the server, and kubectl shows
// both alike. The name of an Event is made from what it says and the hour, so that all replicas
// name it alike: the first one writes it, the others are told that it is there. Nothing is ever
// changed afterwards, and the right to create is all that is needed.
//
// Threads: safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cluster/resource.h"
#include "rules/model/object.h"

namespace pxguard::cluster {

struct Event {
  enum class About {
    Denial,         // a request was refused
    Drift,          // the audit found something that was not there before
    Configuration,  // a webhook configuration was made, closed, opened, or put right
  };
  About about = About::Drift;
  model::ObjectId object{};
  std::string uid{};   // of the object, where it exists
  std::string note{};  // names and the words of rules; nothing of the object

  // The same for what is said again.
  [[nodiscard]] std::uint64_t id() const;
};

[[nodiscard]] const Resource& events();
// Events about what is in no namespace stand here (as Kubernetes' own do).
inline constexpr std::string_view kNamespaceOfClusterEvents = "default";
[[nodiscard]] std::string_view namespace_of(const Event& event);

// For Client::create. `instance`: of us, at most 128 characters.
std::string event_json(const Event& event, std::string_view instance,
                       std::chrono::system_clock::time_point now);

}  // namespace pxguard::cluster
