// Lines for a pipe, a file or a terminal that may be slow: add() never waits. A thread of its own
// writes what has come together; what does not fit meanwhile is dropped and counted.
//
// Threads: add() safe from any number.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace pxguard::cli {

class LineWriter {
 public:
  // `descriptor` stays the caller's.
  explicit LineWriter(int descriptor);
  // Writes what is left, unless the reader does not take it in limits::kLastMoments.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `line` without its end.
  void add(std::string_view line);
  // Counts one that could not even be made.
  void drop() { ++dropped_; }
  // How many lines were dropped since this was asked last.
  std::size_t take_dropped();

 private:
  void run();
  void write(std::string_view text);

  const int descriptor_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  std::atomic<std::size_t> dropped_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace pxguard::cli
