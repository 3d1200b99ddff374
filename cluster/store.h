// What the threads of a view write into, and snapshots are made from: objects come and go here, and
// a kind is lost and had again.
//
// Lifetime: sinks refer to it. Threads: safe; each sink belongs to one.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cluster/contents.h"
#include "cluster/failure.h"
#include "cluster/kept.h"
#include "cluster/reading_list.h"
#include "cluster/reflector.h"
#include "cluster/snapshot.h"

namespace pxguard::cluster {

// A kind, or a Secret of the list, is lost or had again: for the log.
struct ViewEvent {
  std::string what{};  // "DaemonSet", "Secret kube-system/pxkeys"
  State state = State::NotYet;
  std::string why{};
};

// What one reading of a kind has brought.
struct Harvest {
  std::vector<KeptPointer> kept{};
  std::size_t seen = 0;
  std::size_t not_understood = 0;
  std::set<std::string, std::less<>> namespaces{};  // of what is read beside Portworx alone

  void take(json::Value object, const Resource& resource, const Interest& interest);
};

class Store {
 public:
  struct Options {
    std::function<void()> on_dirty{};  // there is something for a new snapshot
    std::function<void(const ViewEvent&)> on_event{};
    std::chrono::seconds listed_for{std::chrono::minutes(12)};
  };
  explicit Store(Options options);
  Store() : Store(Options{}) {}
  ~Store();

  // What is to be read; of kinds that were read before what is known stays.
  void set_kinds(const std::vector<Wanted>& kinds);
  // Nothing is known, and why.
  void set_why_nothing(std::string why);
  void set_interest(Interest interest);
  [[nodiscard]] Interest interest() const;

  // For a reflector. REQUIRES: set_kinds() had it
  std::unique_ptr<Sink> sink(const Resource& resource);
  void replace(const Resource& resource, Harvest harvest);
  void failed(const Resource& resource, const Failure& failure);

  // Secrets that are to be read; of others everything is forgotten. `left_out`: how many more the
  // list has than are read.
  void set_secrets(const std::set<SecretName>& names, std::size_t left_out = 0);
  // None of the bytes are in it. `as_of`: when they were read.
  void put_secret(const SecretName& name, KeptPointer kept,
                  std::map<std::string, model::Signature, std::less<>> signatures, Time as_of);
  void remove_secret(const SecretName& name, Time as_of);
  void secret_failed(const SecretName& name, const Failure& failure);
  // Its metadata has changed: what is known of it is no longer as the server has it.
  void secret_changes(const SecretName& name);
  // True: what is held cannot be relied on, and the Secret should be read again.
  bool secret_heard(const SecretName& name, Time now);
  [[nodiscard]] KeptPointer secret(const SecretName& name) const;

  // Of the watched kinds one was not read yet.
  [[nodiscard]] bool is_waiting_for_watches() const;
  // Where a Portworx is, by what is kept now.
  [[nodiscard]] std::set<std::string> portworx_namespaces() const;
  // For a snapshot; parts that did not change are those of the last one.
  [[nodiscard]] Contents contents();

 private:
  class KindSink;
  struct Kind;
  struct Secret;
  friend class KindSink;

  Kind* find(const Resource& resource);
  void put(const Resource& resource, SecretName name, KeptPointer kept);
  void heard(const Resource& resource);
  void dirty(std::optional<ViewEvent> event = std::nullopt);

  const Options options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Kind>> kinds_;
  std::map<SecretName, std::unique_ptr<Secret>> secrets_;
  std::size_t secrets_left_out_ = 0;
  Interest interest_;
  std::string why_nothing_ = "the cluster was not read yet";
  std::uint64_t revision_ = 0;
};

}  // namespace pxguard::cluster
