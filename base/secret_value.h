// Bytes that can be compared and wiped, but not printed: no conversion, no stream, no formatter.
// Every literal value of an environment variable is one, since a name does not tell whether its
// value is a secret.
//
// Threads: any number may read.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pxguard {

class SecretValue {
 public:
  SecretValue() = default;
  explicit SecretValue(std::string_view bytes);
  SecretValue(SecretValue&&) noexcept;
  SecretValue& operator=(SecretValue&&) noexcept;
  SecretValue(const SecretValue&) = delete;
  SecretValue& operator=(const SecretValue&) = delete;
  ~SecretValue();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // In constant time for equal sizes.
  [[nodiscard]] bool same_as(const SecretValue& other) const;
  // The one way to the bytes. Its call sites are counted by tests/layers.py against a short list.
  [[nodiscard]] std::string_view expose() const { return {bytes_.get(), size_}; }

 private:
  void wipe() noexcept;

  // Not a std::string: a moved-from short string keeps its bytes in its inline buffer.
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

template <class Stream>
Stream& operator<<(Stream&, const SecretValue&) = delete;

// What is said of a secret where two places may hold the same one: equal secrets have equal
// digests within this process, under a random key that never leaves it.
std::string keyed_digest(std::string_view bytes);
std::string keyed_digest(const SecretValue& value);

// Overwrites the stack below its caller: what libraries read through buffers of their own lies
// there until somebody calls as deep again, and a thread that sleeps does not.
void forget_stack();

}  // namespace pxguard
