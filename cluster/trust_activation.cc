#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cluster/trust.h"

namespace pxguard::cluster {
namespace {

using ActivationDo = ActivationStep::Do;
using std::chrono::milliseconds;

// Between two attempts to put right what somebody else writes again and again.
constexpr milliseconds kFirstPatience{5'000};
constexpr milliseconds kLongestPatience{std::chrono::minutes(1)};
// For another pxguard, which a rollout ends sooner.
constexpr milliseconds kYielding{std::chrono::minutes(10)};

const Resource& storage_classes() {
  static const Resource resource{.group = "storage.k8s.io",
                                 .plural = "storageclasses",
                                 .kind = "StorageClass",
                                 .is_namespaced = false};
  return resource;
}
const Resource& endpoint_slices() {
  static const Resource resource{
      .group = "discovery.k8s.io", .plural = "endpointslices", .kind = "EndpointSlice"};
  return resource;
}

std::string said(const std::vector<std::string>& found) {
  std::string text;
  for (const std::string& one : found) text += (text.empty() ? "" : ", ") + one;
  return text.substr(0, 300);
}

TrustNote note(const WantedConfiguration& wanted, bool is_warning, std::string what,
               std::string why = {}) {
  return {.is_warning = is_warning,
          .what = std::move(what),
          .why = std::move(why),
          .configuration = wanted.name,
          .kind = wanted.resource->kind};
}

// One that should be as it is there, apart from how the API server fails.
WantedConfiguration as_far_closed(const WantedConfiguration& wanted, bool closed) {
  return closed ? wanted : wanted.opened();
}

}  // namespace

std::string self_test(std::string_view name) {
  // No driver takes a claim's annotation in the name of the secret that provisions it.
  return nlohmann::json{
      {"apiVersion", "storage.k8s.io/v1"},
      {"kind", "StorageClass"},
      {"metadata", {{"name", name}}},
      {"provisioner", "pxd.portworx.com"},
      {"parameters",
       {{"csi.storage.k8s.io/provisioner-secret-name", "${pvc.annotations['pxguard']}"},
        {"csi.storage.k8s.io/provisioner-secret-namespace", "${pvc.namespace}"}}}}
      .dump();
}

bool is_lost_race(const Failure& failure) {
  return failure.kind == Failure::Kind::Conflict || failure.kind == Failure::Kind::NotFound;
}

bool is_refusal(const Failure& failure) {
  return failure.kind == Failure::Kind::Forbidden &&
         failure.message.find("admission webhook \"enforce.pxguard.io\" denied the request") !=
             std::string::npos;
}

void Trust::activate(Client& client, const Look& look, TrustRound& round) {
  if (look.bundle.empty() || !options_.objects) return;
  state_.is_enforcing.reset();
  for (const std::string& object : options_.objects(look.bundle)) {
    const WantedConfiguration wanted(object);
    const auto live = std::find_if(
        look.configurations.begin(), look.configurations.end(),
        [&](const WebhookConfiguration& one) { return one.resource == wanted.resource; });
    if (live != look.configurations.end()) activate(client, wanted, *live, look.bundle, round);
    // One thing a round.
    if (round.failure || round.changed) return;
  }
  retire(client, look, round);
}

// The policy repairs nothing any more: what asked for repairs is emptied. To delete it would be one
// more right.
void Trust::retire(Client& client, const Look& look, TrustRound& round) {
  const std::vector<std::string> objects = options_.objects(look.bundle);
  for (const WebhookConfiguration& live : look.configurations) {
    const bool is_wanted = std::any_of(objects.begin(), objects.end(), [&](const auto& object) {
      return WantedConfiguration(object).resource == live.resource;
    });
    if (is_wanted || live.entries.empty() || !live.is_by_pxguard) continue;
    const WantedConfiguration nothing(nlohmann::json{
        {"apiVersion", live.resource->api_version()},
        {"kind", live.resource->kind},
        {"metadata",
         {{"name", live.name}}}}.dump());
    const auto written =
        client.replace(*live.resource, "", live.name, whole(nothing, live.version, owner(client)));
    round.changed = written || is_lost_race(written.error());
    if (!round.changed) round.failure = written.error();
    if (written)
      round.notes.push_back(note(nothing, false, "the policy needs it no more: it has no entries"));
    return;
  }
}

void Trust::activate(Client& client, const WantedConfiguration& wanted,
                     const WebhookConfiguration& live, const std::string& bundle,
                     TrustRound& round) {
  const auto pair = pairs_.get();
  const bool closed = live.exists && is_closed(live, wanted);
  const auto why =
      pair && !options_.names.empty()
          ? certs::why_not_trusted(*pair, bundle, options_.names.front(), options_.wall())
          : std::optional<std::string>("there is no certificate yet");
  if (why && why != said_waiting_) {
    round.notes.push_back(note(wanted, pair != nullptr,
                               "the webhook configuration waits for a certificate that its "
                               "caBundle trusts",
                               *why));
  }
  said_waiting_ = why.value_or("");
  const ActivationSeen seen{
      .exists = live.exists,
      .is_as_wanted = live.exists && differences(live, as_far_closed(wanted, closed)).empty(),
      .is_closed = closed,
      .may_close = wanted.may_close,
      .can_answer = !why,
      .is_proven = is_proven_};
  if (wanted.may_close) state_.is_enforcing = closed && (seen.is_as_wanted || live.is_by_pxguard);
  if (seen.is_as_wanted) {
    settled_[wanted.resource->kind] = wanted.json;
    yields_since_.reset();
  }
  perform(client, next_step(seen), wanted, live, round);
}

void Trust::perform(Client& client, ActivationStep step, const WantedConfiguration& wanted,
                    const WebhookConfiguration& live, TrustRound& round) {
  switch (step.what) {
    case ActivationDo::Nothing: return;
    case ActivationDo::Create: return create(client, wanted, round);
    case ActivationDo::Apply:
      if (is_to_be_put_right(wanted, live, round))
        apply(client, as_far_closed(wanted, is_closed(live, wanted)), live, round);
      return;
    case ActivationDo::Prove: return prove(client, round);
    case ActivationDo::Close:
      apply(client, wanted, live, round);
      if (round.changed && !round.failure)
        round.notes.push_back(note(wanted, false, "enforcing: a request was refused for real"));
      return;
    case ActivationDo::Open:
      apply(client, wanted.opened(), live, round);
      if (round.changed && !round.failure)
        round.notes.push_back(note(wanted, true, "nobody is left to ask: failurePolicy is Ignore"));
      return;
  }
}

void Trust::create(Client& client, const WantedConfiguration& wanted, TrustRound& round) {
  is_proven_ = false;
  const bool was_there = settled_.erase(wanted.resource->kind) > 0;
  const auto made = client.create(*wanted.resource, "", skeleton(wanted, owner(client)));
  if (!made && !is_lost_race(made.error())) {
    round.failure = made.error();
    return;
  }
  round.changed = true;
  if (!made) return;
  if (was_there) ++state_.restored;
  round.notes.push_back(
      was_there
          ? note(wanted, true, "somebody deleted the webhook configuration: it is made again")
          : note(wanted, false, "webhook configuration made, with Ignore until it is proven"));
}

// What was as we want it and is not any more was changed by somebody; what never was is ours to do.
bool Trust::is_to_be_put_right(const WantedConfiguration& wanted, const WebhookConfiguration& live,
                               TrustRound& round) {
  const auto settled = settled_.find(wanted.resource->kind);
  const bool was_settled = settled != settled_.end() && settled->second == wanted.json;
  // An empty one is one that another replica is making.
  if (!was_settled || live.entries.empty()) return true;
  const auto now = options_.steady();
  if (!live.is_by_pxguard) {
    yields_since_.reset();
  } else if (!yields_since_) {
    yields_since_ = now;
    round.notes.push_back(note(wanted, true,
                               "another pxguard, of another version or policy, wants "
                               "the webhook configuration otherwise"));
  }
  // The one that came last has its way, but nobody for ever who only says that it is one.
  if (yields_since_ && now - *yields_since_ < kYielding) return false;
  if (now - last_restored_ > kYielding) patience_ = milliseconds(0);
  if (now - last_restored_ < patience_) {
    round.is_waiting = true;
    return false;
  }
  yields_since_.reset();
  last_restored_ = now;
  patience_ = std::clamp(2 * patience_, kFirstPatience, kLongestPatience);
  ++state_.restored;
  const auto found = differences(live, as_far_closed(wanted, is_closed(live, wanted)));
  round.notes.push_back(note(
      wanted, true, "somebody edited the webhook configuration: it is put right", said(found)));
  return true;
}

void Trust::apply(Client& client, const WantedConfiguration& wanted,
                  const WebhookConfiguration& live, TrustRound& round) {
  // Of what it was proven is not there any more.
  is_proven_ = false;
  const auto failed = [&](const Failure& failure) {
    round.changed = is_lost_race(failure);
    if (!round.changed) round.failure = failure;
  };
  auto written = client.apply(*wanted.resource, "", wanted.name,
                              whole(wanted, live.version, owner(client)), kWholeManager);
  if (!written) return failed(written.error());
  const auto now_there = WebhookConfiguration::of(*wanted.resource, wanted.name, written->root());
  // Entries and conditions of somebody else survive an apply.
  if (!differences(now_there, wanted).empty()) {
    written = client.replace(*wanted.resource, "", wanted.name,
                             whole(wanted, now_there.version, owner(client)));
    if (!written) return failed(written.error());
  }
  round.changed = true;
}

void Trust::prove(Client& client, TrustRound& round) {
  const auto hash = std::hash<std::string>{}(options_.pod) & 0xffffffffU;
  const auto tried = client.create(
      storage_classes(), "", self_test(fmt::format("pxguard-selftest-{:08x}", hash)), Effect::None);
  if (!tried && is_refusal(tried.error())) {
    is_proven_ = true;
    round.changed = true;
    return;
  }
  round.is_waiting = true;
  ++state_.proofs_failed;
  if (!tried) {
    round.failure = tried.error();
    return;
  }
  if (state_.proofs_failed % 60 == 5) {
    round.notes.push_back(
        {.is_warning = true,
         .what = "not enforcing yet: what should be refused was accepted",
         .why = "the API server does not reach us, or the policy does not deny PXS607"});
  }
}

Answer<bool> Trust::is_last(Client& client) const {
  bool is_alone = true;
  const auto listed = client.list(
      endpoint_slices(),
      {.ns = options_.service.ns,
       .label_selector = "kubernetes.io/service-name=" + options_.service.name},
      {.on_begin = [&] { is_alone = true; },
       .on_item =
           [&](json::Value slice) {
             for (const json::Value endpoint : slice["endpoints"].elements()) {
               const bool is_ours = endpoint.at("targetRef.name").text() == options_.pod;
               if (!is_ours && endpoint.at("conditions.ready").boolean_or(true)) is_alone = false;
             }
           }});
  if (!listed) return listed.error();
  return is_alone;
}

TrustRound Trust::leave(Client& client) {
  TrustRound round;
  if (options_.activation != Activation::Auto || !options_.objects) return round;
  Look seen;
  if ((round.failure = look(client, seen))) return round;
  const auto last = is_last(client);
  if (!last) {
    round.failure = last.error();
    return round;
  }
  for (const std::string& object : options_.objects(seen.bundle)) {
    const WantedConfiguration wanted(object);
    for (const WebhookConfiguration& live : seen.configurations) {
      if (live.resource != wanted.resource || !live.exists) continue;
      const ActivationSeen now{.exists = true,
                               .is_closed = is_closed(live, wanted),
                               .may_close = wanted.may_close,
                               .is_leaving = true,
                               .is_last = *last};
      perform(client, next_step(now), wanted, live, round);
    }
  }
  return round;
}

std::optional<ConfigurationOwner> Trust::owner(Client& client) {
  if (owner_) return owner_;
  const auto role = client.get(cluster_roles(), "", options_.owner, Detail::Metadata);
  if (role) owner_ = {options_.owner, std::string(role->root().at("metadata.uid").text())};
  return owner_;
}

}  // namespace pxguard::cluster
