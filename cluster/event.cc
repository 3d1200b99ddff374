#include "cluster/event.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/fnv1a.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/text.h"

namespace pxguard::cluster {
namespace {

std::string_view reason_of(Event::About about) {
  switch (about) {
    case Event::About::Denial: return "Denied";
    case Event::About::Drift: return "Drift";
    case Event::About::Configuration: return "WebhookConfiguration";
  }
  return "";
}

std::string_view action_of(Event::About about) {
  switch (about) {
    case Event::About::Denial: return "Review";
    case Event::About::Drift: return "Audit";
    case Event::About::Configuration: return "Activate";
  }
  return "";
}

std::int64_t hour_of(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

}  // namespace

std::uint64_t Event::id() const {
  return fnv1a(fmt::format("{}\n{}\n{}\n{}\n{}\n{}", reason_of(about), object.api_version,
                           object.kind, object.ns, object.name, note));
}

const Resource& events() {
  static const Resource resource{.group = "events.k8s.io", .plural = "events", .kind = "Event"};
  return resource;
}

std::string_view namespace_of(const Event& event) {
  return event.object.ns.empty() ? kNamespaceOfClusterEvents : std::string_view(event.object.ns);
}

std::string event_json(const Event& event, std::string_view instance,
                       std::chrono::system_clock::time_point now) {
  nlohmann::ordered_json regarding = {{"apiVersion", event.object.api_version},
                                      {"kind", event.object.kind}};
  if (!event.object.ns.empty()) regarding["namespace"] = event.object.ns;
  regarding["name"] = event.object.name;
  if (!event.uid.empty()) regarding["uid"] = event.uid;
  std::string time = time_text(now);
  time.replace(time.size() - 1, 1, ".000000Z");
  const nlohmann::ordered_json json = {
      {"apiVersion", events().api_version()},
      {"kind", events().kind},
      {"metadata",
       {{"name", fmt::format("pxguard.{:016x}.{:x}", event.id(), hour_of(now))},
        {"namespace", namespace_of(event)},
        {"labels", {{"app.kubernetes.io/managed-by", "pxguard"}}}}},
      {"eventTime", time},
      {"reportingController", "pxguard.io/pxguard"},
      {"reportingInstance", printable(instance, 128)},
      {"action", action_of(event.about)},
      {"reason", reason_of(event.about)},
      {"regarding", std::move(regarding)},
      {"note", printable(event.note, limits::kEventNote)},
      {"type", "Warning"}};
  return json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace pxguard::cluster
