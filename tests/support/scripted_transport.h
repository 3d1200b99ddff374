// Answers as a test has written them, one a request, in order; what was asked is kept.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cluster/transport.h"

namespace pxguard::testing {

// What the server does with one request.
struct Step {
  cluster::Answer<cluster::Response> answer = cluster::Response{.status = 200};
  std::vector<std::string> pieces{};  // of a stream, before `answer`
};

class Script {
 public:
  explicit Script(std::deque<Step> steps) : steps_(std::move(steps)) {}

  // The script's end is a server that is gone.
  Step next(const cluster::Request& request) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(request);
    if (steps_.empty()) {
      return {.answer = cluster::Failure{cluster::Failure::Kind::Unreachable, "the script ended"}};
    }
    Step step = std::move(steps_.front());
    steps_.pop_front();
    return step;
  }
  [[nodiscard]] std::vector<cluster::Request> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Step> steps_;
  std::vector<cluster::Request> asked_;
};

class ScriptedTransport final : public cluster::Transport {
 public:
  explicit ScriptedTransport(Script& script) : script_(script) {}

  cluster::Answer<cluster::Response> send(const cluster::Request& request) override {
    return script_.next(request).answer;
  }
  cluster::Answer<cluster::Response> stream(const cluster::Request& request,
                                            const OnBytes& on_bytes) override {
    Step step = script_.next(request);
    for (const std::string& piece : step.pieces) {
      if (!on_bytes(piece)) return cluster::Response{.status = 200};
    }
    return std::move(step.answer);
  }
  void interrupt() override {}

 private:
  Script& script_;
};

inline Step says(std::string body, int status = 200) {
  return {.answer = cluster::Response{.status = status, .body = std::move(body)}};
}
inline Step streams(std::vector<std::string> pieces) { return {.pieces = std::move(pieces)}; }
inline Step fails(cluster::Failure::Kind kind) {
  return {.answer = cluster::Failure{kind, "as the test says"}};
}

}  // namespace pxguard::testing
