#include "cluster/contents.h"

#include <algorithm>
#include <tuple>

namespace pxguard::cluster {
namespace {

using Place = std::pair<std::string_view, std::string_view>;

Place place_of(const KeptPointer& kept) {
  const model::ObjectId& id = kept->object.id();
  return {id.ns, id.name};
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::NotYet: return "not read yet";
    case State::Read: return "read";
    case State::Absent: return "absent";
    case State::Forbidden: return "forbidden";
    case State::NotServed: return "not served";
    case State::Failed: return "failed";
  }
  std::abort();
}

Table::Table(KindStatus status_made, std::shared_ptr<const Freshness> freshness_made,
             std::vector<KeptPointer> kept_made, std::set<std::string, std::less<>> namespaces_made)
    : status(std::move(status_made)),
      freshness(std::move(freshness_made)),
      kept(std::move(kept_made)),
      namespaces(std::move(namespaces_made)) {
  for (const KeptPointer& one : kept) {
    for (const std::string& secret : one->token_secrets) referrers[secret].push_back(one.get());
    if (!one->made_secret.empty()) producers[one->made_secret].push_back(one.get());
    if (!one->controller.empty()) controlled[one->controller].push_back(one.get());
  }
}

const Kept* Table::find(std::string_view ns, std::string_view name) const {
  const Place wanted{ns, name};
  const auto found = std::lower_bound(
      kept.begin(), kept.end(), wanted,
      [](const KeptPointer& one, const Place& place) { return place_of(one) < place; });
  return found != kept.end() && place_of(*found) == wanted ? found->get() : nullptr;
}

std::string signature_key(const model::KeyPlace& place) {
  std::string key = std::to_string(static_cast<int>(place.kind));
  for (const std::string& part : {place.object_kind, place.ns, place.name, place.key})
    key.append(1, '\n').append(part);
  return key;
}

std::string what_is_missing(const Contents& contents, const std::set<SecretName>& secrets) {
  if (contents.tables.empty()) return contents.why_nothing;
  for (const auto& table : contents.tables) {
    const KindStatus& status = table->status;
    if (status.state == State::NotYet) return status.resource.kind + " not read yet";
  }
  for (const SecretName& name : secrets) {
    const auto found = contents.secrets.find(name);
    if (found == contents.secrets.end() || found->second->status.state == State::NotYet)
      return "Secret " + name.first + '/' + name.second + " not read yet";
  }
  return {};
}

}  // namespace pxguard::cluster
