#include "base/rfc3339.h"

#include <algorithm>

#include <fmt/format.h>

namespace pxguard {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads `text` from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // `count` digits of at least `least` and at most `most`, with `before` in front of them.
  bool number(char before, std::size_t count, int least, int most, int& value) {
    if (before != '\0' && !take(before)) return false;
    if (rest_.size() < count) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!is_digit(c)) return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value >= least && value <= most;
  }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // "." and digits, as many as there are.
  bool fraction() {
    if (!take('.')) return true;
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count > 0;
  }
  [[nodiscard]] bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool read_offset(Reader& reader, seconds& offset) {
  offset = seconds(0);
  if (reader.take('Z')) return true;
  const bool is_west = reader.take('-');
  if (!is_west && !reader.take('+')) return false;
  int hour = 0;
  int minute = 0;
  if (!reader.number('\0', 2, 0, 23, hour) || !reader.number(':', 2, 0, 59, minute)) return false;
  offset = hours(hour) + minutes(minute);
  if (is_west) offset = -offset;
  return true;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  Reader reader(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  seconds offset{};
  const bool is_time = reader.number('\0', 4, 1970, 2200, year) &&
                       reader.number('-', 2, 1, 12, month) && reader.number('-', 2, 1, 31, day) &&
                       reader.number('T', 2, 0, 23, hour) && reader.number(':', 2, 0, 59, minute) &&
                       reader.number(':', 2, 0, 60, second) && reader.fraction() &&
                       read_offset(reader, offset) && reader.is_done();
  if (!is_time) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) - offset;
}

std::string time_text(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<seconds>(time);
  const auto date = std::chrono::floor<days>(whole);
  const std::chrono::year_month_day day(date);
  const std::chrono::hh_mm_ss clock(whole - date);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace pxguard
