// A watch means the same however its bytes are cut: the same events, the same version, the same
// end.
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "cluster/watch_lines.h"

namespace {

using pxguard::cluster::WatchEvent;
using pxguard::cluster::WatchLines;

struct Outcome {
  std::string events{};
  std::string version{};
  std::string failure{};
  bool is_inside = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view bytes, std::size_t piece) {
  constexpr std::size_t kLongestLine = 4096;
  Outcome outcome;
  const WatchLines::OnEvent on_event = [&outcome](const WatchEvent& event) {
    outcome.events += std::to_string(static_cast<int>(event.type)) + ' ';
    outcome.events += event.object.at("metadata.name").text();
    outcome.events += '\n';
  };
  WatchLines lines("1", on_event, kLongestLine);
  while (!bytes.empty() && lines.take(bytes.substr(0, piece)))
    bytes.remove_prefix(std::min(piece, bytes.size()));
  outcome.version = lines.version();
  outcome.is_inside = !lines.failure() && lines.is_inside_a_line();
  if (lines.failure()) outcome.failure = lines.failure()->message;
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (read(bytes, 1U + data[0]) != read(bytes, bytes.size() + 1)) std::abort();
  return 0;
}
