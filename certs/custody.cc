#include "certs/custody.h"

#include <algorithm>
#include <utility>

#include "base/rfc3339.h"

namespace pxguard::certs {
namespace {

using Do = Step::Do;

// A CA that can sign, and what it is.
struct Usable {
  Authority authority;
  HeldAuthority facts;
};

std::optional<Usable> usable(const std::optional<Issued>& issued) {
  if (!issued) return std::nullopt;
  Result<Authority> loaded = Authority::load(*issued);
  const auto certificates = certificates_in(issued->certificate_pem);
  if (!loaded || certificates.empty()) return std::nullopt;
  const Certificate& own = certificates.front();
  return Usable{std::move(loaded).value(), {own.id, own.validity}};
}

std::vector<Certificate> authorities_of(const Custody& custody) {
  std::string pem;
  if (custody.active) pem += custody.active->certificate_pem;
  if (custody.next) pem += custody.next->certificate_pem;
  return certificates_in(pem + custody.old_pem);
}

Result<Issued> new_authority(const StepInput& input) {
  // A week before now: its leaves begin later than it does, whoever's clock made them.
  const Validity validity{input.now - std::chrono::hours(24 * 7) - input.terms.backdated,
                          input.now + input.terms.authority_life};
  const Result<Authority> made =
      Authority::create("pxguard CA of " + time_text(input.now).substr(0, 10), validity);
  if (!made) return made.error();
  return made->exported();
}

Result<Issued> new_leaf(const Issued& signer, const StepInput& input) {
  const Result<Authority> authority = Authority::load(signer);
  if (!authority) return authority.error();
  const Validity of_signer = authority->validity();
  return authority->issue(
      {.common_name = input.names.empty() ? "pxguard" : input.names.front(),
       .dns_names = input.names,
       .validity = {std::max(input.now - input.terms.backdated, of_signer.not_before),
                    std::min(input.now + input.terms.leaf_life, of_signer.not_after)}});
}

// None of it ends later than `old_until`, whoever's clock was used.
void retire(Custody& custody, std::string_view pem, const StepInput& input) {
  custody.old_pem += pem;
  custody.old_until =
      std::max(custody.old_until, input.now + input.terms.leaf_life + input.terms.margin);
}

std::optional<Error> promote(Custody& custody, const StepInput& input) {
  Result<Issued> leaf = new_leaf(*custody.next, input);
  if (!leaf) return leaf.error();
  if (custody.active) retire(custody, custody.active->certificate_pem, input);
  custody.active = std::exchange(custody.next, std::nullopt);
  custody.leaf = std::move(leaf).value();
  return std::nullopt;
}

std::optional<Error> make_next(Custody& custody, const StepInput& input) {
  Result<Issued> made = new_authority(input);
  if (!made) return made.error();
  custody.next = std::move(made).value();
  custody.wants_next = false;
  return std::nullopt;
}

std::optional<Error> issue_leaf(Custody& custody, const StepInput& input) {
  Result<Issued> leaf = new_leaf(*custody.active, input);
  if (!leaf) return leaf.error();
  custody.leaf = std::move(leaf).value();
  return std::nullopt;
}

std::optional<Error> create(Custody& custody, const StepInput& input) {
  Result<Issued> made = new_authority(input);
  if (!made) return made.error();
  custody = Custody{};
  custody.active = std::move(made).value();
  return issue_leaf(custody, input);
}

std::optional<Error> adopt(Custody& custody, const StepInput& input) {
  custody = Custody{};
  std::string published;
  for (const Certificate& one : certificates_in(input.published)) published += one.pem;
  retire(custody, published, input);
  return make_next(custody, input);
}

std::optional<Error> change(Do what, Custody& custody, const StepInput& input) {
  switch (what) {
    case Do::Create: return create(custody, input);
    case Do::Adopt: return adopt(custody, input);
    case Do::IssueLeaf: return issue_leaf(custody, input);
    case Do::MakeNext: return make_next(custody, input);
    case Do::Promote: return promote(custody, input);
    case Do::DropOld:
      custody.old_pem.clear();
      custody.old_until = {};
      return std::nullopt;
    case Do::Nothing:
    case Do::Publish:
    case Do::Wait: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<HeldLeaf> held_leaf(const Custody& custody, const std::vector<std::string>& names) {
  if (!custody.leaf) return std::nullopt;
  const Result<KeyPair> pair = custody.leaf->pair();
  if (!pair) return std::nullopt;
  const Certificate leaf = leaf_of(*pair);
  return HeldLeaf{.signer = signer_of(leaf.pem, authorities_of(custody)),
                  .validity = leaf.validity,
                  .has_names = std::all_of(names.begin(), names.end(),
                                           [&](const auto& name) { return leaf.is_for(name); })};
}

Holding holding_of(const Custody& custody, const std::vector<std::string>& names) {
  Holding held{.leaf = held_leaf(custody, names),
               .old_until = custody.old_until,
               .wants_next = custody.wants_next};
  if (const auto active = usable(custody.active)) held.active = active->facts;
  if (const auto next = usable(custody.next)) held.next = next->facts;
  for (const Certificate& one : certificates_in(custody.old_pem)) held.old.insert(one.id);
  return held;
}

Result<Custody> after(Do what, Custody custody, const StepInput& input) {
  if (auto error = change(what, custody, input)) return *std::move(error);
  return custody;
}

std::string bundle_of(const Custody& custody) {
  std::string pem;
  for (const auto* each : {&custody.active, &custody.next}) {
    if (usable(*each)) pem += (*each)->certificate_pem;
  }
  for (const Certificate& one : certificates_in(custody.old_pem)) pem += one.pem;
  return pem;
}

}  // namespace pxguard::certs
