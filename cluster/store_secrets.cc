// The Secrets of the list: who they are, and what is known of their bytes.
#include <algorithm>
#include <utility>

#include "cluster/clock.h"
#include "cluster/store.h"
#include "cluster/store_parts.h"

namespace pxguard::cluster {

namespace {

bool is_same(const SecretEntry& entry, const KeptPointer& kept,
             const std::map<std::string, model::Signature, std::less<>>& signatures) {
  const bool is_absent = !kept && entry.status.state == State::Absent;
  const bool is_equal = kept && entry.kept && entry.status.state == State::Read &&
                        kept->fingerprint == entry.kept->fingerprint &&
                        signatures == entry.signatures;
  return is_absent || is_equal;
}

}  // namespace

void Store::set_secrets(const std::set<SecretName>& names, std::size_t left_out) {
  {
    const std::lock_guard lock(mutex_);
    const std::size_t before = secrets_.size();
    std::erase_if(secrets_, [&names](const auto& known) { return !names.contains(known.first); });
    bool is_same = secrets_.size() == before && secrets_left_out_ == left_out;
    secrets_left_out_ = left_out;
    for (const SecretName& name : names) {
      auto& secret = secrets_[name];
      if (secret) continue;
      is_same = false;
      secret = std::make_unique<Secret>();
      secret->entry.status.ns = name.first;
      secret->entry.status.name = name.second;
      secret->entry.freshness = secret->freshness;
    }
    if (is_same) return;
    ++revision_;
  }
  dirty();
}

void Store::put_secret(const SecretName& name, KeptPointer kept,
                       std::map<std::string, model::Signature, std::less<>> signatures,
                       Time as_of) {
  std::optional<ViewEvent> event;
  {
    const std::lock_guard lock(mutex_);
    const auto found = secrets_.find(name);
    if (found == secrets_.end()) return;
    Secret& secret = *found->second;
    secret.freshness->set(as_of);
    // What was heard since may not be in what was read; it is on its way to be read again.
    if (secret.changed_at <= as_of) secret.is_changing = false;
    secret.is_unread = false;
    if (!secret.is_lost && is_same(secret.entry, kept, signatures)) return;
    secret.entry.status.state = kept ? State::Read : State::Absent;
    secret.entry.status.why.clear();
    secret.entry.kept = std::move(kept);
    secret.entry.signatures = std::move(signatures);
    if (std::exchange(secret.is_lost, false))
      event = ViewEvent{shown(name), secret.entry.status.state, ""};
    secret.made = nullptr;
    ++revision_;
  }
  dirty(event);
}

void Store::remove_secret(const SecretName& name, Time as_of) {
  put_secret(name, nullptr, {}, as_of);
}

void Store::secret_failed(const SecretName& name, const Failure& failure) {
  if (failure.kind == Failure::Kind::Stopped) return;
  std::optional<ViewEvent> event;
  {
    const std::lock_guard lock(mutex_);
    const auto found = secrets_.find(name);
    if (found == secrets_.end()) return;
    Secret& secret = *found->second;
    SecretStatus& status = secret.entry.status;
    // Its watch goes on behind the change, and will not tell of it again.
    if (std::exchange(secret.is_changing, false)) secret.is_unread = true;
    if (!note_failure(status, failure, secret.is_lost, State::Failed)) return;
    const bool is_held = status.state == State::Read || status.state == State::Absent;
    if (!is_held) secret.entry.kept = nullptr;
    event = ViewEvent{shown(name), is_held ? State::Failed : status.state, failure.message};
    secret.made = nullptr;
    ++revision_;
  }
  dirty(event);
}

void Store::secret_changes(const SecretName& name) {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find(name);
  if (found == secrets_.end()) return;
  found->second->is_changing = true;
  found->second->changed_at = view_time();
}

bool Store::secret_heard(const SecretName& name, Time time) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = secrets_.find(name);
    if (found == secrets_.end() || found->second->is_changing) return false;
    Secret& secret = *found->second;
    const State state = secret.entry.status.state;
    if (secret.is_unread || (state != State::Read && state != State::Absent)) return true;
    secret.freshness->set(time);
    if (!std::exchange(secret.is_lost, false)) return false;
    secret.entry.status.why.clear();
    secret.made = nullptr;
    ++revision_;
  }
  dirty(ViewEvent{shown(name), State::Read, ""});
  return false;
}

KeptPointer Store::secret(const SecretName& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = secrets_.find(name);
  return found == secrets_.end() ? nullptr : found->second->entry.kept;
}

}  // namespace pxguard::cluster
