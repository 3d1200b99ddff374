// The open connections of a server, as the one who accepts them sees them: how many, which to give
// up first, whose time is up.
//
// Threads: safe. The lock is taken when a connection comes or goes, and for looking at all of them;
// never for a request.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "webhook/standing.h"

namespace pxguard::webhook {

// `Connection` has standing().
template <class Connection>
class Registry {
 public:
  using Pointer = std::shared_ptr<Connection>;

  void add(const Pointer& connection) {
    const std::lock_guard lock(mutex_);
    connections_.emplace(connection.get(), connection);
  }

  void remove(const Connection& connection) {
    const std::lock_guard lock(mutex_);
    const auto place = connections_.find(&connection);
    if (place == connections_.end()) return;
    if (place->second->standing().is_claimed()) --claimed_;
    connections_.erase(place);
    if (connections_.empty()) emptied_.notify_all();
  }

  // Without those that are on their way out.
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return connections_.size() - claimed_;
  }

  [[nodiscard]] std::vector<Pointer> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<Pointer> copies;
    copies.reserve(connections_.size());
    for (const auto& [key, connection] : connections_) copies.push_back(connection);
    return copies;
  }

  // The connection to evict, with the rank it was chosen for; null where all are being answered.
  std::pair<Pointer, Standing::Rank> claim_most_dispensable() {
    const std::lock_guard lock(mutex_);
    const bool spares_idle = are_mostly_strangers();
    while (true) {
      Pointer first;
      std::uint64_t least = Standing::first_key_of(Standing::Rank::Answering);
      for (const auto& [key, connection] : connections_) {
        const std::uint64_t place = connection->standing().key();
        if (place >= least) continue;
        if (spares_idle && Standing::rank_of(place) == Standing::Rank::Idle) continue;
        least = place;
        first = connection;
      }
      if (!first) return {nullptr, Standing::Rank::Claimed};
      // It may have moved on since it was looked at; then there may be a better one.
      if (!first->standing().claim(least)) continue;
      ++claimed_;
      return {std::move(first), Standing::rank_of(least)};
    }
  }

  // Whoever has moved on in the meantime sets its deadline anew; who was not told for want of
  // memory is told later.
  std::vector<Pointer> take_due(Standing::Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    std::vector<Pointer> due;
    for (const auto& [key, connection] : connections_) {
      if (!connection->standing().is_due(now)) continue;
      due.push_back(connection);
      connection->standing().set_deadline(now + kUntilToldAgain);
    }
    return due;
  }

  bool wait_until_empty(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, patience, [this] { return connections_.empty(); });
  }

 private:
  static constexpr std::chrono::seconds kUntilToldAgain{1};

  // Then they push each other out, and nobody who has shaken hands: anybody can connect ten
  // thousand times a second, while a handshake costs the client as much as it costs us. The lock is
  // held.
  [[nodiscard]] bool are_mostly_strangers() const {
    std::size_t strangers = 0;
    for (const auto& [key, connection] : connections_) {
      const Standing::Rank rank = Standing::rank_of(connection->standing().key());
      if (rank == Standing::Rank::Silent || rank == Standing::Rank::Stranger) ++strangers;
    }
    return strangers > connections_.size() / 2;
  }

  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<const Connection*, Pointer> connections_;
  std::size_t claimed_ = 0;
};

}  // namespace pxguard::webhook
