#include "cli/review.h"

#include <algorithm>
#include <iostream>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/exit_status.h"
#include "cli/read_policy.h"
#include "rules/model/cluster_view.h"
#include "webhook/admit.h"

namespace pxguard::cli {
namespace {

// --- cutting a file into reviews ---------------------------------------------------------------

// One review, or what stands in its place.
struct Piece {
  std::string_view text;
  int line = 1;
};

std::optional<std::size_t> end_of_object(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i + 1;
    }
  }
  return std::nullopt;
}

// An object that is whole, or what is broken up to the next line that may begin a review.
std::size_t end_of_piece(std::string_view text) {
  if (text.starts_with('{')) {
    const auto end = end_of_object(text.substr(0, limits::kRequestBody + 1));
    if (end && json::Document::parse(text.substr(0, *end))) return *end;
  }
  const std::size_t next = text.find("\n{");
  return next == std::string_view::npos ? text.size() : next;
}

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  int line = 1;
  const auto skip = [&](std::size_t size) {
    const std::string_view passed = text.substr(0, size);
    line += static_cast<int>(std::count(passed.begin(), passed.end(), '\n'));
    text.remove_prefix(size);
  };
  while (true) {
    skip(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    if (text.empty()) return pieces;
    const std::size_t size = end_of_piece(text);
    pieces.push_back({text.substr(0, size), line});
    skip(size);
  }
}

// --- answering ---------------------------------------------------------------------------------

class Session {
 public:
  Session(const ReviewOptions& options, const ReviewWorld& world)
      : options_(options), world_(world) {}

  int run() {
    if (options_.paths.empty()) {
      say("nothing to review: name files with AdmissionReviews, or - for stdin");
      return kWrongUsage;
    }
    if (!load_policy()) return kWrongUsage;
    for (const std::string& path : options_.paths) review_file(path);
    if (!options_.quiet) {
      say(fmt::format("{} answered, {} denied, {} no review", answered_, denied_, broken_));
    }
    if (faults_ > 0) return kOwnFault;
    if (denied_ > 0) return kFindings;
    return broken_ > 0 ? kUnavailable : kFine;
  }

 private:
  void say(std::string_view text) { world_.err << "review: " << text << '\n'; }
  void say_of(std::string_view file, std::string_view text) {
    world_.err << printable(file, 400) << ": " << text << '\n';
  }

  bool load_policy() {
    auto policy = read_policy(options_.policy, world_.err);
    if (policy) policy_ = std::move(*policy);
    return policy.has_value();
  }

  Result<std::string> read_stdin() {
    std::string text(std::istreambuf_iterator<char>(world_.in), {});
    if (world_.in.bad()) return Error{Error::Code::Unavailable, "cannot be read"};
    return text;
  }

  void review_file(const std::string& path) {
    const bool is_stdin = path == "-";
    const auto text = is_stdin ? read_stdin() : read_file(path, kLongestFile);
    const std::string name = is_stdin ? "stdin" : path;
    if (!text) return refuse(name, text.error().message);
    const auto pieces = pieces_of(*text);
    if (pieces.empty()) return refuse(name, "empty, want an AdmissionReview");
    for (const Piece& piece : pieces)
      review_piece(fmt::format("{}:{}", name, piece.line), piece.text);
  }

  void refuse(std::string_view place, std::string_view reason) {
    say_of(place, reason);
    ++broken_;
  }

  void review_piece(const std::string& place, std::string_view text) {
    if (text.size() > limits::kRequestBody) {
      return refuse(place, fmt::format("larger than {} MiB, which serve refuses too",
                                       limits::kRequestBody >> 20));
    }
    const webhook::Admitted admitted =
        webhook::admit(text, policy_, model::EmptyView(), world_.now);
    const std::string_view body = trim(admitted.body);
    if (admitted.http_status == 400) return refuse(place, body);
    if (admitted.http_status != 200) {
      say_of(place, body);
      ++faults_;
      return;
    }
    world_.out << body << '\n';
    ++answered_;
    if (!admitted.summary.allowed) ++denied_;
  }

  // A recording of many reviews may be longer than one of them.
  static constexpr std::size_t kLongestFile = 16 * limits::kRequestBody;

  const ReviewOptions& options_;
  const ReviewWorld& world_;
  policy::Policy policy_ = policy::Policy::defaults();
  int answered_ = 0;
  int denied_ = 0;
  int broken_ = 0;
  int faults_ = 0;
};

}  // namespace

int review(const ReviewOptions& options) {
  return review(options, {std::cin, std::cout, std::cerr, std::chrono::system_clock::now()});
}

int review(const ReviewOptions& options, const ReviewWorld& world) {
  return Session(options, world).run();
}

}  // namespace pxguard::cli
