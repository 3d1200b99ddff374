// The body of one request while it arrives: grows towards its declared size by doubling, so that
// memory follows what was really sent and not what was announced.
//
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include "base/limits.h"

namespace pxguard::webhook {

class BodyBuffer {
 public:
  void expect(std::size_t size) { expected_ = size; }

  [[nodiscard]] bool is_empty() const { return size_ == 0; }
  [[nodiscard]] bool is_complete() const { return size_ == expected_; }
  [[nodiscard]] std::string_view bytes() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t missing() const { return expected_ - size_; }

  // What grow() will allocate altogether; the same as before while there is room.
  [[nodiscard]] std::size_t next_capacity() const {
    if (size_ < capacity_) return capacity_;
    return std::min(expected_, std::max(2 * capacity_, limits::kFirstBodyBuffer));
  }

  void grow() {
    const std::size_t capacity = next_capacity();
    if (capacity == capacity_) return;
    // realloc moves the pages of a large block instead of copying it, and zeroes nothing.
    void* moved = std::realloc(bytes_.get(), capacity);
    if (moved == nullptr) throw std::bad_alloc();
    [[maybe_unused]] char* const old = bytes_.release();
    bytes_.reset(static_cast<char*>(moved));
    capacity_ = capacity;
  }

  // REQUIRES: there is room, as after grow()
  [[nodiscard]] std::span<char> room() { return {bytes_.get() + size_, capacity_ - size_}; }
  void wrote(std::size_t bytes) { size_ += bytes; }
  // Returns how much of `bytes` there was room for.
  std::size_t take(std::string_view bytes) {
    const std::size_t taken = std::min(bytes.size(), room().size());
    std::memcpy(room().data(), bytes.data(), taken);
    wrote(taken);
    return taken;
  }

  void clear() { *this = {}; }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t expected_ = 0;
};

}  // namespace pxguard::webhook
