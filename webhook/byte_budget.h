// How many bytes of requests may be in memory at once, over all connections.
//
// Lifetime: a Share is used while its ByteBudget is alive.
// Threads: the budget is shared; a Share belongs to one request.
#pragma once

#include <atomic>
#include <cstddef>

namespace pxguard::webhook {

class ByteBudget {
 public:
  // Large requests may not take the last `for_small` bytes.
  ByteBudget(std::size_t total, std::size_t for_small)
      : total_(total), for_small_(for_small < total ? for_small : 0) {}

  enum class Size { Small, Large };

  class Share {
   public:
    explicit Share(ByteBudget& budget) : budget_(budget) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { release(); }

    // Holds `bytes` from now on, or no more than before where that would be too many.
    [[nodiscard]] bool raise_to(std::size_t bytes, Size size) {
      if (bytes <= held_) return true;
      const std::size_t more = bytes - held_;
      const std::size_t limit =
          budget_.total_ - (size == Size::Large ? budget_.for_small_ : std::size_t{0});
      if (budget_.used_.fetch_add(more, std::memory_order_relaxed) + more > limit) {
        budget_.used_.fetch_sub(more, std::memory_order_relaxed);
        return false;
      }
      held_ = bytes;
      return true;
    }

    void release() {
      if (held_ != 0) budget_.used_.fetch_sub(held_, std::memory_order_relaxed);
      held_ = 0;
    }

   private:
    ByteBudget& budget_;
    std::size_t held_ = 0;
  };

 private:
  const std::size_t total_;
  const std::size_t for_small_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace pxguard::webhook
