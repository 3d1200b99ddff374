// The head of a request of any bytes is refused or understood, and it makes no difference how its
// bytes are cut into pieces.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/limits.h"
#include "webhook/http.h"

namespace {

using namespace pxguard::webhook;
using namespace std::chrono_literals;

constexpr std::size_t kBody = std::size_t{1} << 20;
constexpr std::array<Route, 2> kRoutes = {{{"POST", "/validate", 1s}, {"GET", "/healthz", 1s}}};

bool is_same(const HeadEnd& a, const HeadEnd& b) { return a.state == b.state && a.size == b.size; }

// As it is found when the bytes come one by one.
HeadEnd found_in_pieces(std::string_view text) {
  std::size_t from = 0;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    const HeadEnd end = find_head_end(text.substr(0, size), from);
    if (end.state != HeadEnd::State::Missing) return end;
  }
  return {HeadEnd::State::Missing};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t from = 0;
  const HeadEnd end = find_head_end(text, from);
  if (!is_same(end, found_in_pieces(text))) std::abort();
  if (end.state != HeadEnd::State::Found) return 0;
  const Head head = parse_head(text.substr(0, end.size), kRoutes, kBody);
  const bool is_understood = head.route != nullptr && head.content_length <= kBody &&
                             head.deadline > 0ms && head.deadline <= head.route->deadline;
  const bool is_refused = head.refusal >= 400 && head.refusal <= 505;
  if (head.refusal == 0 ? !is_understood : !is_refused) std::abort();
  if (head.refusal == 0 && head.route->method == "GET" && head.content_length > kBody) std::abort();
  return 0;
}
