// Result<T> is a value or the reason why there is none. It is a subset of C++23's std::expected,
// so that a later compiler can make it an alias.
//
// Threads: as safe as T and the reason.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace pxguard {

// A code exists only if a caller branches on it.
struct [[nodiscard]] Error {
  enum class Code {
    Invalid,      // the input is wrong; the message says where and what was wanted
    TooLarge,     // a limit of base/limits.h was passed
    NotFound,     // a file or object is not there
    Unavailable,  // it is there but cannot be read now
    Internal,     // our own fault
  };
  Code code = Code::Internal;
  std::string message{};  // lowercase, printable, never a value of a secret
  int line = 0;           // 1-based line in the input, 0 where it has none
};

inline Error invalid_input(std::string message) {
  return {Error::Code::Invalid, std::move(message)};
}

template <class T, class Reason = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Reason reason) : state_(std::move(reason)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value()
  [[nodiscard]] const T& value() const& { return std::get<T>(state_); }
  [[nodiscard]] T& value() & { return std::get<T>(state_); }
  [[nodiscard]] T&& value() && { return std::get<T>(std::move(state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // REQUIRES: !has_value()
  [[nodiscard]] const Reason& error() const { return std::get<Reason>(state_); }

 private:
  std::variant<T, Reason> state_;
};

}  // namespace pxguard
