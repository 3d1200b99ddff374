// Certificates and webhook configurations kept as they should be, one round at a time: look at
// what is there, decide (certs/lifecycle.h, cluster/activation.h), write at most one thing, look
// again. The configurations are read before the Secret: what a bundle has is in the Secret then,
// unless it was dropped, so nobody takes away what another one has just published.
//
// Lifetime: what its options refer to outlives it. Threads: one at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/published.h"
#include "certs/custody.h"
#include "certs/key_pair.h"
#include "certs/lifecycle.h"
#include "cluster/activation.h"
#include "cluster/certificate_secret.h"
#include "cluster/client.h"
#include "cluster/webhook_configuration.h"

namespace pxguard::cluster {

enum class Activation {
  Auto,    // pxguard makes the configurations
  Static,  // somebody else does; pxguard writes caBundle into them
  None,    // somebody else does both
};

// What happened in a round, for the log and for Events.
struct TrustNote {
  bool is_warning = false;
  std::string what{};           // one sentence
  std::string why{};            // "" where there is no more to say
  std::string configuration{};  // its name, where an Event is to tell of it
  std::string kind{};           // of the configuration
};

struct TrustRound {
  bool changed = false;  // something was written, by us or by somebody faster: look again at once
  bool is_waiting = false;  // for something that comes soon: look again in a second
  std::optional<Failure> failure{};
  std::vector<TrustNote> notes{};
};

// For metrics and `certs show`.
struct TrustState {
  bool is_known = false;  // the last round could look
  std::optional<certs::Time> authority_ends{};
  std::optional<bool> is_trusted{};  // what is served, by every bundle; none where there is none
  std::string why_not_trusted{};
  std::optional<bool> is_enforcing{};  // none where nothing may close, or nothing is there
  std::uint64_t restored = 0;
  std::uint64_t proofs_failed = 0;
};

class Trust {
 public:
  struct Options {
    SecretPlace secret{};              // no name: certificates come from files
    std::vector<std::string> names{};  // DNS names that the API server calls us by
    certs::Terms terms{};
    Activation activation = Activation::None;
    std::string configuration = "pxguard";
    // Auto: the configurations that the policy needs, with this bundle.
    std::function<std::vector<std::string>(const std::string& bundle)> objects{};
    // Without a Secret: the bundle to publish, in PEM; "" where there is none.
    std::function<std::string()> bundle{};
    std::string owner = "pxguard";  // the ClusterRole that takes the configurations along
    SecretPlace service{};
    std::string pod{};  // our own, among the endpoints of the Service
    std::function<certs::Time()> wall{};
    std::function<std::chrono::steady_clock::time_point()> steady{};
  };

  Trust(Options options, Published<certs::KeyPair>& pairs)
      : options_(std::move(options)), pairs_(pairs) {}

  [[nodiscard]] TrustRound round(Client& client);
  // On the way out: the last replica opens what is closed.
  [[nodiscard]] TrustRound leave(Client& client);
  [[nodiscard]] const TrustState& state() const { return state_; }

 private:
  struct Look {
    std::vector<WebhookConfiguration> configurations{};
    std::optional<CertificateSecret> secret{};
    certs::Seen seen{};
    std::string bundle{};     // to be published
    std::string published{};  // PEM of all bundles
  };

  std::optional<Failure> look(Client& client, Look& look);
  std::optional<Failure> look_at_configurations(Client& client, Look& look);
  std::optional<Failure> look_at_secret(Client& client, Look& look);
  void remember_next(certs::Seen& seen);
  void serve(const Look& look, TrustRound& round);
  void judge(const Look& look, TrustRound& round);
  void change_secret(Client& client, Look look, certs::Step step, TrustRound& round);

  void publish(Client& client, const Look& look, TrustRound& round);
  void activate(Client& client, const Look& look, TrustRound& round);
  void activate(Client& client, const WantedConfiguration& wanted, const WebhookConfiguration& live,
                const std::string& bundle, TrustRound& round);
  void retire(Client& client, const Look& look, TrustRound& round);
  void perform(Client& client, ActivationStep step, const WantedConfiguration& wanted,
               const WebhookConfiguration& live, TrustRound& round);
  void create(Client& client, const WantedConfiguration& wanted, TrustRound& round);
  void apply(Client& client, const WantedConfiguration& wanted, const WebhookConfiguration& live,
             TrustRound& round);
  bool is_to_be_put_right(const WantedConfiguration& wanted, const WebhookConfiguration& live,
                          TrustRound& round);
  void prove(Client& client, TrustRound& round);
  Answer<bool> is_last(Client& client) const;
  [[nodiscard]] std::optional<ConfigurationOwner> owner(Client& client);

  const Options options_;
  Published<certs::KeyPair>& pairs_;
  TrustState state_;
  std::optional<certs::HeldLeaf> served_;
  std::string served_pem_;
  certs::CertificateId next_;
  std::chrono::steady_clock::time_point next_since_{};
  std::optional<ConfigurationOwner> owner_;
  bool is_proven_ = false;
  // What we last saw or wrote of each kind, as wanted: anything else came from somebody else.
  std::map<std::string, std::string> settled_;
  // Another version of pxguard, or a GitOps controller, that wants it otherwise is not fought with.
  std::optional<std::chrono::steady_clock::time_point> yields_since_{};
  std::chrono::milliseconds patience_{};
  std::chrono::steady_clock::time_point last_restored_{};
  std::string said_waiting_;  // why no configuration is made yet
  std::string said_;          // why we are not trusted, as it was last said
};

// A StorageClass that PXS607 refuses, to be created for nothing.
[[nodiscard]] std::string self_test(std::string_view name);
// Somebody was faster, or took it away: look again.
[[nodiscard]] bool is_lost_race(const Failure& failure);
// Whether a failure is a refusal by an entry of ours: RBAC says Forbidden as well.
[[nodiscard]] bool is_refusal(const Failure& failure);

}  // namespace pxguard::cluster
