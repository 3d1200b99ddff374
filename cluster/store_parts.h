// What a Store holds of one kind and of one Secret. For store*.cc alone.
//
// Threads: under the lock of the store.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "cluster/store.h"

namespace pxguard::cluster {

inline bool is_refused(const Failure& failure) {
  return failure.kind == Failure::Kind::Forbidden || failure.kind == Failure::Kind::Unauthorized;
}

// Of a kind or a Secret: its state after a failure. What was read stays, and grows old, unless the
// right to read it is gone. True where something has changed.
template <class Status>
bool note_failure(Status& status, const Failure& failure, bool& is_lost, State if_not_found) {
  const State before = status.state;
  if (is_refused(failure)) {
    status.state = State::Forbidden;
  } else if (failure.kind == Failure::Kind::NotFound) {
    status.state = if_not_found;
  } else if (before == State::NotYet) {
    status.state = State::Failed;
  }
  const bool is_news = !std::exchange(is_lost, true) || status.state != before;
  if (is_news) status.why = failure.message;
  return is_news;
}

struct Store::Kind {
  KindStatus status{};
  std::shared_ptr<Freshness> freshness = std::make_shared<Freshness>();
  std::map<SecretName, KeptPointer> kept{};
  std::set<std::string, std::less<>> namespaces{};
  std::shared_ptr<const Table> table{};  // null: something has changed since it was made
  bool is_lost = false;
  bool was_listed = false;
};

struct Store::Secret {
  SecretEntry entry{};
  std::shared_ptr<Freshness> freshness = std::make_shared<Freshness>();
  std::shared_ptr<const SecretEntry> made{};
  bool is_lost = false;
  bool is_changing = false;
  Time changed_at{};       // when that was heard
  bool is_unread = false;  // it has changed since, and reading it failed
};

// "Secret kube-system/pxkeys"
inline std::string shown(const SecretName& name) {
  return "Secret " + name.first + '/' + name.second;
}

}  // namespace pxguard::cluster
