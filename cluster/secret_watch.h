// What the metadata of one Secret tells: that it changed, and has to be read; that it is gone; that
// what was read is still so.
//
// Lifetime: what it is given outlives it. Threads: one.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <utility>

#include "cluster/clock.h"
#include "cluster/contents.h"
#include "cluster/reflector.h"
#include "cluster/store.h"
#include "cluster/wakeup.h"

namespace pxguard::cluster {

// Names of Secrets that are to be read. Threads: safe.
class Changes {
 public:
  void add(const SecretName& name) {
    const std::lock_guard lock(mutex_);
    names_.insert(name);
  }
  std::set<SecretName> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(names_, {});
  }

 private:
  std::mutex mutex_;
  std::set<SecretName> names_;
};

class SecretWatch final : public Sink {
 public:
  SecretWatch(Store& store, SecretName name, Changes& changes, Wakeup& reader)
      : store_(store), name_(std::move(name)), changes_(changes), reader_(reader) {}

  void begin_list() override { is_there_ = false; }
  void put(json::Value) override {
    is_there_ = true;
    read();
  }
  void remove(json::Value) override {
    is_there_ = false;
    store_.remove_secret(name_, view_time());
  }
  void end_list() override {
    if (!is_there_) store_.remove_secret(name_, view_time());
  }
  void heard() override {
    if (store_.secret_heard(name_, view_time())) read();
  }
  void failed(const Failure& failure) override { store_.secret_failed(name_, failure); }

 private:
  void read() {
    store_.secret_changes(name_);
    changes_.add(name_);
    reader_.wake();
  }

  Store& store_;
  const SecretName name_;
  Changes& changes_;
  Wakeup& reader_;
  bool is_there_ = false;
};

}  // namespace pxguard::cluster
