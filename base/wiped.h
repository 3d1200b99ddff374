// Text that may hold a secret while it is put together: what it leaves behind as it grows, and when
// it goes, is wiped.
//
// Threads: one at a time.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace pxguard {

// All of its memory, not only what is used now.
inline void wipe(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

class Wiped {
 public:
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { wipe(text_); }

  void append(std::string_view more) {
    if (text_.size() + more.size() > text_.capacity()) {
      std::string larger;
      larger.reserve(2 * (text_.size() + more.size()));
      larger = text_;
      std::swap(larger, text_);
      wipe(larger);
    }
    text_ += more;
  }
  // Keeps its memory.
  void clear() {
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }
  // Whoever gets it wipes it.
  [[nodiscard]] std::string release() { return std::exchange(text_, {}); }

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
};

}  // namespace pxguard
