#include "certs/lifecycle.h"

#include <algorithm>

namespace pxguard::certs {
namespace {

using Do = Step::Do;

// Old CAs at once: more of them, and whoever rotates daily makes bundles that nobody can read.
constexpr std::size_t kMostOld = 4;
// A leaf that ends hardly later than the one that is there is no help.
constexpr auto kWorthwhile = std::chrono::hours(24);

bool is_valid(const Validity& validity, Time now) {
  return now >= validity.not_before && now < validity.not_after;
}

bool needs_leaf(const Holding& held, Time now, const Terms& terms) {
  const HeldAuthority& active = *held.active;
  if (!held.leaf || held.leaf->signer != active.id || !held.leaf->has_names) return true;
  if (!is_due_for_renewal(held.leaf->validity, now)) return false;
  // Of a CA that ends soon a new leaf ends as soon.
  const Time end = std::min(now + terms.leaf_life, active.validity.not_after);
  return end > held.leaf->validity.not_after + kWorthwhile || now < held.leaf->validity.not_before;
}

bool are_as_wanted(const Bundles& bundles, const Holding& held) {
  const std::set<CertificateId> ids = wanted(held);
  return std::all_of(bundles.begin(), bundles.end(),
                     [&ids](const auto& bundle) { return bundle == ids; });
}

bool is_anything_published(const std::optional<Bundles>& bundles) {
  return bundles && std::any_of(bundles->begin(), bundles->end(),
                                [](const auto& bundle) { return !bundle.empty(); });
}

// Of a Secret with a CA that signs.
Step next_of_rotation(Time now, const Seen& seen, const Terms& terms) {
  const Holding& held = *seen.held;
  if (held.next) {
    if (!seen.bundles || !is_in_all(*seen.bundles, held.next->id)) return {};
    if (seen.next_published < terms.trust_delay) return {Do::Wait, "the new CA is published"};
    return {Do::Promote, "the new CA was published for long enough"};
  }
  const bool is_due = !held.active || is_due_for_renewal(held.active->validity, now);
  if ((is_due || held.wants_next) && held.old.size() < kMostOld)
    return {Do::MakeNext, is_due ? "the CA is past two thirds of its life" : "asked for"};
  if (!held.old.empty() && now > held.old_until)
    return {Do::DropOld, "what the old CA signed has expired"};
  return {};
}

}  // namespace

Step next_step(Time now, const Seen& seen, const Terms& terms) {
  if (!seen.held || (!seen.held->active && !seen.held->next)) {
    // What is published may still be relied on by others.
    if (!seen.bundles) return {};
    if (is_anything_published(seen.bundles)) return {Do::Adopt, "the CA is gone"};
    return {Do::Create, "there is no CA yet"};
  }
  const Holding& held = *seen.held;
  if (held.active && is_valid(held.active->validity, now) && needs_leaf(held, now, terms))
    return {Do::IssueLeaf, "the serving certificate is due, or not for our names"};
  if (seen.bundles && !are_as_wanted(*seen.bundles, held))
    return {Do::Publish, "a caBundle is not as it should be"};
  return next_of_rotation(now, seen, terms);
}

std::string_view to_string(Step::Do what) {
  switch (what) {
    case Do::Nothing: return "nothing";
    case Do::Create: return "a CA and its serving certificate were made";
    case Do::Adopt: return "a CA was made beside those that are published";
    case Do::IssueLeaf: return "the serving certificate was renewed";
    case Do::Publish: return "the caBundles were written";
    case Do::MakeNext: return "the next CA was made";
    case Do::Promote: return "the next CA signs from now on";
    case Do::DropOld: return "the old CA was dropped";
    case Do::Wait: return "wait";
  }
  return "";
}

std::set<CertificateId> wanted(const Holding& held) {
  std::set<CertificateId> ids = held.old;
  if (held.active) ids.insert(held.active->id);
  if (held.next) ids.insert(held.next->id);
  return ids;
}

bool is_in_all(const Bundles& bundles, const CertificateId& id) {
  return std::all_of(bundles.begin(), bundles.end(),
                     [&id](const auto& bundle) { return bundle.contains(id); });
}

bool should_serve(const HeldLeaf& offered, const std::optional<Bundles>& bundles,
                  const std::optional<HeldLeaf>& served, Time now) {
  const auto is_trusted = [&](const HeldLeaf& leaf) {
    return bundles && !leaf.signer.empty() && is_in_all(*bundles, leaf.signer);
  };
  if (is_trusted(offered)) return true;
  if (served) {
    const bool is_of_use = is_valid(served->validity, now) && (!bundles || is_trusted(*served));
    return !is_of_use;
  }
  // Nothing is served: then better wait for the bundle, unless there is none to wait for.
  return !is_anything_published(bundles);
}

}  // namespace pxguard::certs
