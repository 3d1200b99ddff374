#include "webhook/metrics.h"

#include <algorithm>
#include <utility>

#include "webhook/metrics_text.h"

namespace pxguard::webhook {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

// The last word of a set stands for whatever is not in it.
template <std::size_t Size>
std::size_t index_in(const std::array<std::string_view, Size>& words, std::string_view word) {
  const auto place = std::find(words.begin(), words.end() - 1, word);
  return static_cast<std::size_t>(place - words.begin());
}

std::vector<std::string> sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace

Metrics::Metrics(std::vector<std::string> rules)
    : rules_(sorted(std::move(rules))),
      findings_((rules_.size() + 1) * kActions.size()),
      exceptions_(rules_.size() + 1),
      mutations_(rules_.size() + 1) {}

std::size_t Metrics::rule_index(std::string_view rule) const {
  const auto place = std::lower_bound(rules_.begin(), rules_.end(), rule);
  const bool known = place != rules_.end() && *place == rule;
  return known ? static_cast<std::size_t>(place - rules_.begin()) : rules_.size();
}

void Metrics::count_admission(std::string_view operation, std::string_view kind, bool allowed,
                              std::chrono::steady_clock::duration elapsed) {
  const std::size_t place =
      index_in(kOperations, operation) * kKinds.size() + index_in(kKinds, kind);
  admissions_[2 * place + (allowed ? 1 : 0)].fetch_add(1, kRelaxed);
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const auto bucket = std::lower_bound(kBuckets.begin(), kBuckets.end(), seconds);
  durations_[static_cast<std::size_t>(bucket - kBuckets.begin())].fetch_add(1, kRelaxed);
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
  duration_nanoseconds_.fetch_add(static_cast<std::uint64_t>(nanoseconds), kRelaxed);
}

void Metrics::count_finding(std::string_view rule, std::string_view action) {
  const auto place = std::find(kActions.begin(), kActions.end(), action);
  if (place == kActions.end()) return;
  const auto index = static_cast<std::size_t>(place - kActions.begin());
  findings_[rule_index(rule) * kActions.size() + index].fetch_add(1, kRelaxed);
}

void Metrics::count_exception(std::string_view rule) {
  exceptions_[rule_index(rule)].fetch_add(1, kRelaxed);
}

void Metrics::count_mutation(std::string_view rule) {
  mutations_[rule_index(rule)].fetch_add(1, kRelaxed);
}

void Metrics::count_response(int status) {
  const auto place = std::find(kStatuses.begin(), kStatuses.end(), status);
  responses_[static_cast<std::size_t>(place - kStatuses.begin())].fetch_add(1, kRelaxed);
}

void Metrics::set_policy(std::string_view hash) {
  policy_.publish(std::make_shared<const std::string>(hash));
}

void Metrics::set_certificate_expiry(Time expiry) {
  certificate_expiry_ = std::chrono::system_clock::to_time_t(expiry);
}

// Of the many combinations only those that have occurred are written: a review of a kind that is
// never sent would only be noise.
void Metrics::write_admissions(std::string& text) const {
  constexpr std::string_view kFamily = "pxguard_admission_requests_total";
  describe(text, kFamily, "counter", "Reviews answered.");
  for (std::size_t place = 0; place < admissions_.size(); ++place) {
    const std::uint64_t count = admissions_[place].load(kRelaxed);
    if (count == 0) continue;
    sample(text, "{}{{operation=\"{}\",kind=\"{}\",allowed=\"{}\"}} {}", kFamily,
           kOperations[place / 2 / kKinds.size()], kKinds[place / 2 % kKinds.size()],
           place % 2 == 1, count);
  }
}

void Metrics::write_durations(std::string& text) const {
  constexpr std::string_view kFamily = "pxguard_admission_duration_seconds";
  describe(text, kFamily, "histogram", "From the last byte of a review to its answer.");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kBuckets.size(); ++i) {
    total += durations_[i].load(kRelaxed);
    sample(text, "{}_bucket{{le=\"{}\"}} {}", kFamily, kBuckets[i], total);
  }
  total += durations_.back().load(kRelaxed);
  sample(text, "{}_bucket{{le=\"+Inf\"}} {}", kFamily, total);
  sample(text, "{}_sum {}", kFamily,
         static_cast<double>(duration_nanoseconds_.load(kRelaxed)) / 1e9);
  sample(text, "{}_count {}", kFamily, total);
}

void Metrics::write_rules(std::string& text) const {
  const auto name_of = [this](std::size_t rule) {
    return rule < rules_.size() ? std::string_view(rules_[rule]) : "other";
  };
  describe(text, "pxguard_findings_total", "counter", "Findings, by what the policy made of them.");
  for (std::size_t place = 0; place < findings_.size(); ++place) {
    const std::uint64_t count = findings_[place].load(kRelaxed);
    if (count == 0) continue;
    sample(text, "pxguard_findings_total{{rule=\"{}\",action=\"{}\"}} {}",
           name_of(place / kActions.size()), kActions[place % kActions.size()], count);
  }
  describe(text, "pxguard_exceptions_used_total", "counter",
           "Findings that an exception of the policy let pass.");
  for (std::size_t rule = 0; rule < exceptions_.size(); ++rule) {
    const std::uint64_t count = exceptions_[rule].load(kRelaxed);
    if (count == 0) continue;
    sample(text, "pxguard_exceptions_used_total{{rule=\"{}\"}} {}", name_of(rule), count);
  }
  describe(text, "pxguard_mutations_total", "counter", "Reviews in which a finding was mended.");
  for (std::size_t rule = 0; rule < mutations_.size(); ++rule) {
    const std::uint64_t count = mutations_[rule].load(kRelaxed);
    if (count == 0) continue;
    sample(text, "pxguard_mutations_total{{rule=\"{}\"}} {}", name_of(rule), count);
  }
}

void Metrics::write_server(std::string& text, std::size_t open_connections) const {
  describe(text, "pxguard_http_responses_total", "counter",
           "Answers on the admission port by HTTP status; 503 is load that was shed.");
  for (std::size_t i = 0; i < kStatuses.size(); ++i) {
    sample(text, "pxguard_http_responses_total{{code=\"{}\"}} {}", kStatuses[i],
           responses_[i].load(kRelaxed));
  }
  sample(text, "pxguard_http_responses_total{{code=\"other\"}} {}",
         responses_.back().load(kRelaxed));
  describe(text, "pxguard_open_connections", "gauge", "Connections to the admission port.");
  sample(text, "pxguard_open_connections {}", open_connections);
}

void Metrics::write_state(std::string& text, Time now) const {
  describe(text, "pxguard_policy_info", "gauge", "The policy in force.");
  if (const auto hash = policy_.get()) {
    sample(text, "pxguard_policy_info{{hash=\"{}\"}} 1", *hash);
  }
  describe(text, "pxguard_policy_reload_failing", "gauge",
           "1 while the policy file is refused and the policy before it stays in force.");
  sample(text, "pxguard_policy_reload_failing {}", policy_failing_ ? 1 : 0);
  describe(text, "pxguard_certificate_expiry_seconds", "gauge",
           "Seconds until the serving certificate expires.");
  if (const std::int64_t expiry = certificate_expiry_; expiry != 0) {
    sample(text, "pxguard_certificate_expiry_seconds {}",
           expiry - std::chrono::system_clock::to_time_t(now));
  }
  describe(text, "pxguard_certificate_reload_failing", "gauge",
           "1 while the certificate files are refused and the pair before them is served.");
  sample(text, "pxguard_certificate_reload_failing {}", certificate_failing_ ? 1 : 0);
}

std::string Metrics::text(Time now, std::size_t open_connections) const {
  std::string text;
  write_admissions(text);
  write_durations(text);
  write_rules(text);
  write_server(text, open_connections);
  write_state(text, now);
  if (more_) more_(text);
  return text;
}

}  // namespace pxguard::webhook
