#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "cluster/reflector.h"
#include "support/scripted_transport.h"

namespace pxguard::cluster {
namespace {

using namespace std::chrono_literals;
using testing::fails;
using testing::says;
using testing::Script;
using testing::ScriptedTransport;
using testing::Step;
using testing::streams;
using Kind = Failure::Kind;

std::string item(std::string_view name, std::string_view version) {
  return R"({"metadata":{"name":")" + std::string(name) + R"(","resourceVersion":")" +
         std::string(version) + "\"}}";
}
Step lists(std::string_view version, const std::string& items) {
  return says(R"({"metadata":{"resourceVersion":")" + std::string(version) + R"("},"items":[)" +
              items + "]}");
}
std::string event(std::string_view type, std::string_view name, std::string_view version) {
  return R"({"type":")" + std::string(type) + R"(","object":)" + item(name, version) + "}\n";
}
std::string gone() {
  return R"({"type":"ERROR","object":{"code":410,"message":"too old"}})"
         "\n";
}

// Keeps what is told as a view would; ends the reflector once the script has ended.
class Keeper final : public Sink {
 public:
  void begin_list() override { listed_.emplace(); }
  void put(json::Value object) override {
    auto& into = listed_ ? *listed_ : held;
    into[name_of(object)] = object.at("metadata.resourceVersion").text();
  }
  void remove(json::Value object) override { held.erase(name_of(object)); }
  void end_list() override {
    held = std::move(*listed_);
    listed_.reset();
  }
  void heard() override { ++heards; }
  void failed(const Failure& failure) override {
    failures.push_back(failure.kind);
    if (failure.message == "the script ended") reflector->stop();
  }

  std::map<std::string, std::string> held;
  std::vector<Kind> failures;
  int heards = 0;
  Reflector* reflector = nullptr;

 private:
  static std::string name_of(json::Value object) {
    return std::string(object.at("metadata.name").text());
  }
  std::optional<std::map<std::string, std::string>> listed_;
};

struct Run {
  explicit Run(std::deque<Step> steps, std::chrono::milliseconds list_after = 60s)
      : script(std::move(steps)) {
    Reflector reflector(
        {.resource = {.plural = "secrets"},
         .first_wait = 1ms,
         .longest_wait = 4ms,
         .list_after = list_after},
        [this] {
          ++clients;
          return std::make_unique<Client>(std::make_unique<ScriptedTransport>(script));
        },
        sink);
    sink.reflector = &reflector;
    reflector.run();
  }
  [[nodiscard]] std::string path(std::size_t index) const { return script.asked().at(index).path; }

  Script script;
  Keeper sink;
  int clients = 0;
};

using Held = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("a list, and then what changes") {
  const Run run({lists("5", item("a", "1") + "," + item("b", "2")),
                 streams({event("MODIFIED", "a", "6"), event("DELETED", "b", "7"),
                          event("ADDED", "c", "8"), event("BOOKMARK", "", "9")})});
  CHECK(run.sink.held == Held{{"a", "6"}, {"c", "8"}});
  CHECK_MESSAGE(run.sink.heards == 5, "the list, three events and a bookmark");
  CHECK(run.path(1).find("resourceVersion=5&") != std::string::npos);
  CHECK_MESSAGE(run.path(2).find("resourceVersion=9&") != std::string::npos,
                "a watch that was ended goes on behind the bookmark");
}

TEST_CASE("after a cut the watch goes on behind the last event, on another connection") {
  const Run run({lists("5", item("a", "1")),
                 {.answer = Failure{Kind::Unreachable, "cut"},
                  .pieces = {event("ADDED", "b", "6"), R"({"type":"ADD)"}},
                 streams({event("ADDED", "c", "7")})});
  CHECK(run.sink.held == Held{{"a", "1"}, {"b", "6"}, {"c", "7"}});
  CHECK(run.path(2).find("resourceVersion=6&") != std::string::npos);
  CHECK(run.clients == 2);
  REQUIRE(run.sink.failures.size() == 2);
  CHECK(run.sink.failures[0] == Kind::Unreachable);
}

TEST_CASE("a version that is too old makes a new list, and what went meanwhile is gone") {
  const Run run({lists("5", item("a", "1") + "," + item("b", "2")), streams({gone()}),
                 lists("9", item("b", "8")), streams({event("ADDED", "c", "10")})});
  CHECK(run.sink.held == Held{{"b", "8"}, {"c", "10"}});
  CHECK_MESSAGE(run.sink.failures.size() == 1, "of the script's end alone");
  CHECK(run.clients == 1);
}

TEST_CASE("a server that forgets at once is not listed without a pause") {
  const Run run({lists("5", ""), streams({gone()}), lists("6", ""), streams({gone()}),
                 lists("7", item("a", "1")), streams({event("ADDED", "b", "8")})});
  CHECK(run.sink.held == Held{{"a", "1"}, {"b", "8"}});
  CHECK(run.sink.failures.front() == Kind::Gone);
}

TEST_CASE("an event that cannot be read makes a new list, and loses and doubles nothing") {
  const Run run({lists("5", item("a", "1")), streams({event("ADDED", "b", "6"), "{\"type\":\n"}),
                 lists("8", item("b", "7") + "," + item("c", "8")),
                 streams({event("DELETED", "c", "9")})});
  CHECK(run.sink.held == Held{{"b", "7"}});
  CHECK(run.sink.failures.front() == Kind::Broken);
}

TEST_CASE("whoever heard nothing for long lists again, to be up to date at once") {
  const Run run({lists("5", item("a", "1")), fails(Kind::Unreachable), lists("9", item("b", "8")),
                 fails(Kind::Unreachable)},
                0ms);
  CHECK(run.sink.held == Held{{"b", "8"}});
  CHECK(run.path(2).find("watch=1") == std::string::npos);
}

TEST_CASE("a list that fails half-way leaves what was held") {
  const Run run({lists("5", item("a", "1")), streams({gone()}),
                 says(R"({"metadata":{"resourceVersion":"7","continue":"x"},"items":[)" +
                      item("b", "6") + "]}"),
                 fails(Kind::Unreachable)});
  CHECK(run.sink.held == Held{{"a", "1"}});
}

TEST_CASE("it begins again as often as it takes") {
  const Run run({fails(Kind::Unreachable), says("{}", 503), says("{}", 500), says("{}", 403),
                 says("{}", 401), lists("5", item("a", "1")), streams({event("ADDED", "b", "6")})});
  CHECK(run.sink.held == Held{{"a", "1"}, {"b", "6"}});
  CHECK(run.sink.failures == std::vector<Kind>{Kind::Unreachable, Kind::Throttled, Kind::Broken,
                                               Kind::Forbidden, Kind::Unauthorized,
                                               Kind::Unreachable});
}

TEST_CASE("stopping ends a wait, however long it is") {
  Script script({says(R"({"details":{"retryAfterSeconds":200}})", 429)});
  class Waiting final : public Sink {
   public:
    void begin_list() override {}
    void put(json::Value) override {}
    void remove(json::Value) override {}
    void end_list() override {}
    void heard() override {}
    void failed(const Failure&) override { has_failed = true; }
    std::atomic<bool> has_failed{false};
  } sink;
  Reflector reflector(
      {.resource = {.plural = "secrets"}},
      [&script] { return std::make_unique<Client>(std::make_unique<ScriptedTransport>(script)); },
      sink);
  std::thread runs([&reflector] { reflector.run(); });
  while (!sink.has_failed) std::this_thread::yield();
  reflector.stop();
  runs.join();
  CHECK_MESSAGE(script.asked().size() == 1, "the server asked to be left alone");
}

}  // namespace pxguard::cluster
