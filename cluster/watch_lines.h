// The bytes of a watch as they come: one JSON event a line. Nothing is handed on that was not read
// as a whole.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/wiped.h"
#include "cluster/client.h"

namespace pxguard::cluster {

class WatchLines {
 public:
  using OnEvent = std::function<void(const WatchEvent&)>;

  // `version`: where the watch begins. `on_event` outlives this.
  WatchLines(std::string version, const OnEvent& on_event,
             std::size_t longest_line = limits::kWatchLine)
      : version_(std::move(version)), on_event_(on_event), longest_line_(longest_line) {}

  // False once nothing more can be made of it.
  bool take(std::string_view bytes);

  // Of the last event.
  [[nodiscard]] const std::string& version() const { return version_; }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  [[nodiscard]] bool is_inside_a_line() const { return line_.size() > 0; }

 private:
  std::optional<Failure> read(std::string_view line);

  std::string version_;
  const OnEvent& on_event_;
  const std::size_t longest_line_;
  Wiped line_;  // as far as it came
  std::optional<Failure> failure_;
};

}  // namespace pxguard::cluster
