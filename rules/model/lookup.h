// What is known about something else: found, known to be absent, or unknown. In CI absence in the
// given files proves nothing, so it is unknown; what was unknown says what would settle it.
#pragma once

#include <string>
#include <utility>

namespace pxguard::model {

template <class T>
class Lookup {
 public:
  static Lookup found(const T* value) { return Lookup(State::Found, value, {}); }
  static Lookup absent() { return Lookup(State::Absent, nullptr, {}); }
  // `needs`: what would settle it, as in "Secret kube-system/pxkeys".
  static Lookup unknown(std::string needs) {
    return Lookup(State::Unknown, nullptr, std::move(needs));
  }

  [[nodiscard]] bool is_absent() const { return state_ == State::Absent; }
  [[nodiscard]] bool is_unknown() const { return state_ == State::Unknown; }
  // Null unless found.
  [[nodiscard]] const T* get() const { return value_; }
  [[nodiscard]] const std::string& needs() const { return needs_; }

 private:
  enum class State { Found, Absent, Unknown };
  Lookup(State state, const T* value, std::string needs)
      : state_(state), value_(value), needs_(std::move(needs)) {}

  State state_;
  const T* value_;
  std::string needs_;
};

}  // namespace pxguard::model
