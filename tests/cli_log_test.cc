// The log of `serve`, and the writer behind it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/line_writer.h"
#include "cli/log.h"

namespace pxguard::cli {
namespace {

using namespace std::chrono_literals;

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  [[nodiscard]] int writing() const { return ends_[1]; }

  std::string read_all() {
    ::close(ends_[1]);
    ends_[1] = -1;
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t size = ::read(ends_[0], buffer.data(), buffer.size());
      if (size <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

TEST_CASE("lines of several threads arrive whole, and those of one thread in order") {
  Pipe pipe;
  {
    LineWriter writer(pipe.writing());
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&writer, thread] {
        for (int i = 0; i < 200; ++i) writer.add(std::to_string(thread) + ' ' + std::to_string(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::array<int, 4> next{};
  std::size_t lines = 0;
  const std::string text = pipe.read_all();
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    ++lines;
    const auto thread = static_cast<std::size_t>(line[0] - '0');
    CHECK(line.substr(2) == std::to_string(next.at(thread)++));
  }
  CHECK(lines == 800);
}

TEST_CASE("a reader that stalls keeps nobody waiting, and is told how much it missed") {
  Pipe pipe;
  const std::string line(1000, 'x');
  const auto began = std::chrono::steady_clock::now();
  std::size_t dropped = 0;
  {
    LineWriter writer(pipe.writing());
    for (int i = 0; i < 3000; ++i) writer.add(line);
    dropped = writer.take_dropped();
    CHECK(writer.take_dropped() == 0);
  }
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  // What did not fit into the pipe and the buffer.
  CHECK(dropped > 1500);
  CHECK(dropped < 3000 - limits::kLogInWaiting / 1001 + 1);
}

TEST_CASE("a reader that is gone ends nothing") {
  Pipe pipe;
  pipe.read_all();
  LineWriter writer(-1);
  writer.add("to nobody");
}

TEST_CASE("a line of the log is one line of JSON in ASCII, whatever is written") {
  const std::vector<std::string> rules = {"PXS101", "a\"b"};
  const std::string line = log_line({}, LogLevel::Warning, "a\nb",
                                    {{"text", "q\"\\\t\x01\x7f\xc3\xa9"},
                                     {"number", std::int64_t{-3}},
                                     {"part", 1.5},
                                     {"truth", true},
                                     {"rules", std::span<const std::string>(rules)}});
  CHECK(line.find('\n') == std::string::npos);
  for (const char c : line) CHECK((c >= 0x20 && c < 0x7f));
  const auto document = json::Document::parse(line);
  REQUIRE(document.has_value());
  const json::Value root = document->root();
  CHECK(root["level"].text() == "warning");
  CHECK(root["message"].text() == "a\nb");
  CHECK(root["text"].text() == "q\"\\\t\x01???");
  CHECK(root["number"].integer_or(0) == -3);
  CHECK(root["truth"].boolean_or(false));
  CHECK(root["rules"].size() == 2);
  CHECK(root["time"].text() == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("a value of the log is cut at a kilobyte") {
  CHECK(log_line({}, LogLevel::Info, "m", {{"long", std::string(5000, 'x')}}).size() < 1200);
}

}  // namespace pxguard::cli
