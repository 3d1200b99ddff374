// Other programs, run without a shell.
#include "base/process.h"

#include <signal.h>

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace pxguard {
namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;

Ran ran(const std::vector<std::string>& words, std::string_view input = "",
        std::size_t limit = kLimit) {
  auto result = run(words, input, limit);
  REQUIRE(result.has_value());
  return std::move(result).value();
}

Ran shell(const std::string& script, std::string_view input = "") {
  return ran({"sh", "-c", script}, input);
}

}  // namespace

TEST_CASE("a program gives its output, its errors and its exit status") {
  const Ran told = shell("echo out; echo err >&2; exit 7");
  CHECK(told.status == 7);
  CHECK(told.out == "out\n");
  CHECK(told.err == "err\n");
  CHECK(ran({"true"}).status == 0);
}

TEST_CASE("a program that a signal ends says which") {
  CHECK(shell("kill -TERM $$").status == 128 + SIGTERM);
  CHECK(shell("kill -KILL $$").status == 128 + SIGKILL);
}

TEST_CASE("words are given as they are, and no shell looks at them") {
  CHECK(ran({"printf", "%s|", "a b", "$(id)", "", "*", "; true"}).out == "a b|$(id)||*|; true|");
}

TEST_CASE("a program that is not there is not found") {
  const auto result = run({"pxguard-has-no-such-program"}, "", kLimit);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Error::Code::NotFound);
  CHECK(run({"/"}, "", kLimit).error().code == Error::Code::Unavailable);
}

TEST_CASE("input that is larger than a pipe arrives whole, and its end is seen") {
  std::string large;
  while (large.size() < (std::size_t{3} << 20)) large += "0123456789abcdef\n";
  CHECK(ran({"cat"}, large, large.size()).out == large);
  CHECK(ran({"cat"}, "").out.empty());
}

TEST_CASE("nobody waits for a program that reads nothing, or closes its input") {
  const std::string large(std::size_t{3} << 20, 'x');
  CHECK(ran({"true"}, large).status == 0);
  CHECK(shell("exec <&-; echo done", large).out == "done\n");
}

TEST_CASE("output up to the limit is taken, and a program that writes more is ended") {
  CHECK(ran({"printf", "12345678"}, "", 8).out == "12345678");
  const auto result = run({"printf", "123456789"}, "", 8);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Error::Code::TooLarge);
  CHECK(result.error().message == "printf wrote more than 8 bytes");
  // It would never end by itself.
  CHECK(run({"yes"}, "", kLimit).error().message == "yes wrote more than 1 MiB");
}

TEST_CASE("a program that takes longer than it may is ended") {
  const auto result = run({"sleep", "60"}, "", kLimit, {.patience = std::chrono::milliseconds(20)});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Error::Code::Unavailable);
  CHECK(result.error().message == "sleep was ended after 20 ms");
}

TEST_CASE("a variable that is given is in place of our own, and the others are there") {
  ::setenv("PXGUARD_TEST_A", "ours", 1);
  ::setenv("PXGUARD_TEST_AB", "kept", 1);
  const auto result = run({"sh", "-c", "echo $PXGUARD_TEST_A $PXGUARD_TEST_AB"}, "", kLimit,
                          {.environment = {"PXGUARD_TEST_A=given"}});
  REQUIRE(result.has_value());
  CHECK(result->out == "given kept\n");
}

TEST_CASE("of errors the beginning is kept, however many there are") {
  const Ran told = shell("head -c 300000 /dev/zero | tr '\\0' e >&2; echo out; exit 3");
  CHECK(told.err == std::string(4096, 'e'));
  CHECK(told.out == "out\n");
  CHECK(told.status == 3);
}

TEST_CASE("where the ends of children are ignored, failure is not taken for success") {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  const auto result = run({"false"}, "", kLimit);
  ::signal(SIGCHLD, before);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Error::Code::Unavailable);
}

}  // namespace pxguard
