#include "cli/edit/unified_diff.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace pxguard::edit {
namespace {

constexpr int kContext = 3;
// Edits of a file are few; beyond this many lines the rest is shown as replaced.
constexpr int kMostDifferences = 2000;

struct Step {
  char kind = ' ';  // '-' and '+' as in a diff
  int before = 0;   // lines passed, from 0
  int after = 0;
};

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// E. Myers, An O(ND) Difference Algorithm and Its Variations: the furthest point of each diagonal,
// for each number of differences.
class Path {
 public:
  Path(const Lines& before, const Lines& after)
      : before_(before),
        after_(after),
        n_(static_cast<int>(before.size())),
        m_(static_cast<int>(after.size())) {}

  std::vector<Step> find() {
    std::vector<int> furthest(static_cast<std::size_t>(2 * kMostDifferences + 3), 0);
    for (int d = 0; d <= std::min(n_ + m_, kMostDifferences); ++d) {
      trace_.push_back(furthest);
      for (int k = -d; k <= d; k += 2) {
        int x = is_down(furthest, k, d) ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
        while (x < n_ && x - k < m_ && equal(x, x - k)) ++x;
        at(furthest, k) = x;
        if (x >= n_ && x - k >= m_) return walk_back(d);
      }
    }
    return all_replaced();
  }

 private:
  static int& at(std::vector<int>& furthest, int k) {
    return furthest[static_cast<std::size_t>(k + kMostDifferences + 1)];
  }
  static bool is_down(std::vector<int>& furthest, int k, int d) {
    return k == -d || (k != d && at(furthest, k - 1) < at(furthest, k + 1));
  }
  [[nodiscard]] bool equal(int x, int y) const {
    return before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(y)];
  }

  std::vector<Step> walk_back(int differences) {
    std::vector<Step> steps;
    int x = n_;
    int y = m_;
    for (int d = differences; d >= 0; --d) {
      std::vector<int>& furthest = trace_[static_cast<std::size_t>(d)];
      const int k = x - y;
      const int from = is_down(furthest, k, d) ? k + 1 : k - 1;
      const int start_x = d == 0 ? 0 : at(furthest, from);
      const int start_y = d == 0 ? 0 : start_x - from;
      for (; x > start_x && y > start_y; --x, --y) steps.push_back({' ', x - 1, y - 1});
      if (d == 0) break;
      steps.push_back({x == start_x ? '+' : '-', start_x, start_y});
      x = start_x;
      y = start_y;
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

  [[nodiscard]] std::vector<Step> all_replaced() const {
    std::vector<Step> steps;
    for (int x = 0; x < n_; ++x) steps.push_back({'-', x, 0});
    for (int y = 0; y < m_; ++y) steps.push_back({'+', n_, y});
    return steps;
  }

  const Lines& before_;
  const Lines& after_;
  const int n_;
  const int m_;
  std::vector<std::vector<int>> trace_;
};

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

class Writer {
 public:
  Writer(const Lines& before, const Lines& after, const ShownLine& shown)
      : before_(before), after_(after), shown_(shown) {}

  std::string write(const std::vector<Step>& steps) {
    for (std::size_t i = 0; i < steps.size();) {
      if (steps[i].kind == ' ') {
        ++i;
        continue;
      }
      std::size_t end = i;
      for (std::size_t j = i; j < steps.size() && j <= end + 2 * kContext; ++j) {
        if (steps[j].kind != ' ') end = j;
      }
      const std::size_t begin = i - std::min<std::size_t>(i, kContext);
      const std::size_t last = std::min(end + kContext, steps.size() - 1);
      add_hunk({steps.begin() + static_cast<std::ptrdiff_t>(begin),
                steps.begin() + static_cast<std::ptrdiff_t>(last) + 1});
      i = last + 1;
    }
    return std::move(text_);
  }

 private:
  void add_hunk(const std::vector<Step>& steps) {
    int old_lines = 0;
    int new_lines = 0;
    for (const Step& step : steps) {
      old_lines += step.kind != '+' ? 1 : 0;
      new_lines += step.kind != '-' ? 1 : 0;
    }
    const auto range = [](int first, int count) {
      const int from = count == 0 ? first : first + 1;
      return count == 1 ? fmt::format("{}", from) : fmt::format("{},{}", from, count);
    };
    text_ += fmt::format("@@ -{} +{} @@\n", range(steps.front().before, old_lines),
                         range(steps.front().after, new_lines));
    for (const Step& step : steps) add(step);
  }

  void add(const Step& step) {
    const bool is_new = step.kind == '+';
    const int index = is_new ? step.after : step.before;
    const std::string_view line = (is_new ? after_ : before_)[static_cast<std::size_t>(index)];
    const Side side = is_new ? Side::After : Side::Before;
    text_ += step.kind + shown_(side, index + 1, without_end(line)) + '\n';
    if (!line.ends_with('\n')) text_ += "\\ No newline at end of file\n";
  }

  const Lines& before_;
  const Lines& after_;
  const ShownLine& shown_;
  std::string text_;
};

}  // namespace

std::string unified_diff(std::string_view file, std::string_view before, std::string_view after,
                         const ShownLine& shown) {
  if (before == after) return {};
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  const std::string name = printable(file, 300);
  return fmt::format("--- {}\n+++ {}\n", name, name) +
         Writer(old_lines, new_lines, shown).write(Path(old_lines, new_lines).find());
}

}  // namespace pxguard::edit
