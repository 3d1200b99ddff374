#include "cluster/trust.h"

#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/secret_value.h"

namespace pxguard::cluster {
namespace {

using CertificateDo = certs::Step::Do;

bool changes_secret(CertificateDo what) {
  return what != CertificateDo::Nothing && what != CertificateDo::Publish &&
         what != CertificateDo::Wait;
}

}  // namespace

std::optional<Failure> Trust::look_at_configurations(Client& client, Look& look) {
  certs::Bundles bundles;
  for (const Resource* resource : {&validating_configurations(), &mutating_configurations()}) {
    auto read = read_configuration(client, *resource, options_.configuration);
    if (!read) return read.error();
    for (const WebhookEntry& entry : read->entries) {
      look.published += entry.bundle;
      auto& ids = bundles.emplace_back();
      for (const certs::Certificate& one : certs::certificates_in(entry.bundle)) ids.insert(one.id);
    }
    look.configurations.push_back(*std::move(read));
  }
  look.seen.bundles = std::move(bundles);
  return std::nullopt;
}

std::optional<Failure> Trust::look_at_secret(Client& client, Look& look) {
  const auto found = client.get(certificate_secrets(), options_.secret.ns, options_.secret.name);
  if (!found && found.error().kind == Failure::Kind::NotFound) return std::nullopt;
  if (!found) return found.error();
  look.secret = CertificateSecret::read(found->root());
  if (look.secret->is_foreign) {
    return Failure{Failure::Kind::Refused,
                   fmt::format("Secret {}/{} holds a certificate and no ca.key: it belongs to "
                               "somebody else, such as cert-manager; mount it and use --tls-cert, "
                               "or name another Secret",
                               options_.secret.ns, options_.secret.name)};
  }
  look.seen.held = certs::holding_of(look.secret->custody, options_.names);
  look.bundle = certs::bundle_of(look.secret->custody);
  return std::nullopt;
}

std::optional<Failure> Trust::look(Client& client, Look& look) {
  if (auto failure = look_at_configurations(client, look)) return failure;
  if (options_.secret.name.empty()) {
    if (options_.bundle) look.bundle = options_.bundle();
    return std::nullopt;
  }
  if (auto failure = look_at_secret(client, look)) return failure;
  remember_next(look.seen);
  return std::nullopt;
}

void Trust::remember_next(certs::Seen& seen) {
  const bool is_there = seen.held && seen.held->next && seen.bundles &&
                        certs::is_in_all(*seen.bundles, seen.held->next->id);
  if (!is_there) {
    next_.clear();
    return;
  }
  if (next_ != seen.held->next->id) {
    next_ = seen.held->next->id;
    next_since_ = options_.steady();
  }
  seen.next_published = options_.steady() - next_since_;
}

TrustRound Trust::round(Client& client) {
  TrustRound round;
  Look seen;
  state_.is_known = false;
  if (auto failure = look(client, seen)) {
    round.failure = std::move(failure);
    return round;
  }
  state_.is_known = true;
  if (!options_.secret.name.empty()) {
    serve(seen, round);
    const certs::Step step = certs::next_step(options_.wall(), seen.seen, options_.terms);
    round.is_waiting = step.what == CertificateDo::Wait;
    if (changes_secret(step.what)) {
      change_secret(client, std::move(seen), step, round);
      forget_stack();
      return round;
    }
  }
  judge(seen, round);
  if (options_.activation == Activation::Static) publish(client, seen, round);
  if (options_.activation == Activation::Auto) activate(client, seen, round);
  forget_stack();
  return round;
}

void Trust::serve(const Look& look, TrustRound& round) {
  if (!look.seen.held) return;
  const certs::Holding& held = *look.seen.held;
  if (held.active) state_.authority_ends = held.active->validity.not_after;
  if (!held.leaf) return;
  const certs::Issued& leaf = *look.secret->custody.leaf;
  if (leaf.certificate_pem == served_pem_) return;
  if (!certs::should_serve(*held.leaf, look.seen.bundles, served_, options_.wall())) return;
  auto pair = leaf.pair();
  if (!pair) return;
  pairs_.publish(std::make_shared<const certs::KeyPair>(std::move(pair).value()));
  served_ = held.leaf;
  served_pem_ = leaf.certificate_pem;
  round.notes.push_back({.what = "the serving certificate of the Secret is served"});
}

// What every bundle with something in it says of what we serve.
void Trust::judge(const Look& look, TrustRound& round) {
  state_.is_trusted.reset();
  state_.why_not_trusted.clear();
  const auto pair = pairs_.get();
  if (!pair || options_.names.empty()) return;
  for (const WebhookConfiguration& configuration : look.configurations) {
    for (const WebhookEntry& entry : configuration.entries) {
      const auto why =
          certs::why_not_trusted(*pair, entry.bundle, options_.names.front(), options_.wall());
      if (!state_.is_trusted) state_.is_trusted = true;
      if (!why) continue;
      state_.is_trusted = false;
      state_.why_not_trusted =
          fmt::format("{} {}: {}", configuration.resource->kind, entry.name, *why);
    }
  }
  if (state_.why_not_trusted == said_) return;
  said_ = state_.why_not_trusted;
  if (!said_.empty()) {
    round.notes.push_back(
        {.is_warning = true, .what = "the API server does not trust what we serve", .why = said_});
  }
}

void Trust::change_secret(Client& client, Look look, certs::Step step, TrustRound& round) {
  const std::string version = look.secret ? look.secret->version : std::string();
  auto made =
      certs::after(step.what, look.secret ? std::move(look.secret->custody) : certs::Custody{},
                   {.now = options_.wall(),
                    .terms = options_.terms,
                    .names = options_.names,
                    .published = look.published});
  if (!made) {
    round.failure = Failure{Failure::Kind::Broken, made.error().message};
    return;
  }
  Wiped text;
  write_certificate_secret(options_.secret, *made, version, text);
  std::string object(text.text());
  const auto written =
      version.empty()
          ? client.create(certificate_secrets(), options_.secret.ns, object)
          : client.merge(certificate_secrets(), options_.secret.ns, options_.secret.name, object);
  wipe(object);
  round.changed = true;
  if (written) {
    round.notes.push_back(
        {.what = std::string(certs::to_string(step.what)), .why = std::string(step.why)});
    return;
  }
  // Without a namespace there is nothing to look at again.
  const bool is_refused = version.empty() && written.error().kind == Failure::Kind::NotFound;
  if (is_lost_race(written.error()) && !is_refused) return;
  round.changed = false;
  round.failure = written.error();
}

// Only caBundle: whoever made the configurations keeps the rest.
void Trust::publish(Client& client, const Look& look, TrustRound& round) {
  if (look.bundle.empty()) return;
  std::set<certs::CertificateId> ids;
  for (const certs::Certificate& one : certs::certificates_in(look.bundle)) ids.insert(one.id);
  for (const WebhookConfiguration& configuration : look.configurations) {
    bool is_as_wanted = true;
    for (const WebhookEntry& entry : configuration.entries) {
      std::set<certs::CertificateId> there;
      for (const certs::Certificate& one : certs::certificates_in(entry.bundle))
        there.insert(one.id);
      is_as_wanted = is_as_wanted && there == ids;
    }
    if (is_as_wanted) continue;
    const auto written = client.apply(*configuration.resource, "", configuration.name,
                                      bundle_alone(configuration, look.bundle), kBundleManager);
    round.changed = true;
    if (written) {
      round.notes.push_back({.what = "caBundle written",
                             .configuration = configuration.name,
                             .kind = configuration.resource->kind});
    } else if (!is_lost_race(written.error())) {
      round.changed = false;
      round.failure = written.error();
      return;
    }
  }
}

}  // namespace pxguard::cluster
