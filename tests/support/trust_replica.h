// A replica of pxguard as far as certificates and webhook configurations go, with clocks of its own
// making, against an API server in memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "cluster/trust.h"
#include "tests/support/fake_api.h"

namespace pxguard::cluster {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr auto kDay = std::chrono::hours(24);
inline const std::string kSecret = "/api/v1/namespaces/pxguard/secrets/pxguard-tls";
inline const std::string kValidating =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/pxguard";

// As webhooks::to_objects() would make it, only shorter.
inline std::string configuration(const std::string& bundle) {
  const auto entry = [&bundle](const char* name, const char* policy) {
    return Json{{"name", name},
                {"failurePolicy", policy},
                {"timeoutSeconds", 2},
                {"rules", {{{"resources", {"secrets"}}}}},
                {"matchConditions", {{{"name", "concerns-us"}, {"expression", "true"}}}},
                {"clientConfig",
                 {{"service", {{"name", "pxguard"}, {"namespace", "pxguard"}, {"port", 8443}}},
                  {"caBundle", base64_encode(bundle)}}}};
  };
  return Json{
      {"apiVersion", "admissionregistration.k8s.io/v1"},
      {"kind", "ValidatingWebhookConfiguration"},
      {"metadata", {{"name", "pxguard"}}},
      {"webhooks", {entry("enforce.pxguard.io", "Fail"), entry("advise.pxguard.io", "Ignore")}}}
      .dump();
}

inline std::string repairing(const std::string& bundle) {
  const Json entry = {{"name", "mutate.pxguard.io"},
                      {"failurePolicy", "Ignore"},
                      {"clientConfig", {{"caBundle", base64_encode(bundle)}}}};
  return Json{{"apiVersion", "admissionregistration.k8s.io/v1"},
              {"kind", "MutatingWebhookConfiguration"},
              {"metadata", {{"name", "pxguard"}}},
              {"webhooks", Json::array({entry})}}
      .dump();
}

inline Response denial() {
  return {.status = 403,
          .body = Json{
              {"kind", "Status"},
              {"message",
               "admission webhook \"enforce.pxguard.io\" denied the request: 1 "
               "problem"},
              {"code",
               403}}.dump()};
}

struct Clocks {
  certs::Time wall = certs::Time(1'800'000'000s);
  std::chrono::steady_clock::time_point steady{};
  void pass(std::chrono::seconds time) {
    wall += time;
    steady += time;
  }
};

// Of a process that is killed after so many requests; a negative number is for ever.
class Mortal final : public Transport {
 public:
  Mortal(std::unique_ptr<Transport> within, int& left) : within_(std::move(within)), left_(left) {}
  Answer<Response> send(const Request& request) override {
    if (left_ == 0) return Failure{Failure::Kind::Stopped, "killed"};
    if (left_ > 0) --left_;
    return within_->send(request);
  }
  Answer<Response> stream(const Request& request, const OnBytes& on_bytes) override {
    return within_->stream(request, on_bytes);
  }
  void interrupt() override { within_->interrupt(); }

 private:
  std::unique_ptr<Transport> within_;
  int& left_;
};

class Replica {
 public:
  Replica(test::FakeApi& api, Clocks& clocks, Activation activation)
      : client_(std::make_unique<Client>(std::make_unique<Mortal>(api.transport(), left_))),
        trust_({.secret = {"pxguard", "pxguard-tls"},
                .names = {"pxguard.pxguard.svc"},
                .activation = activation,
                .objects =
                    [this](const std::string& bundle) {
                      std::vector<std::string> objects{configuration(bundle)};
                      if (repairs) objects.push_back(repairing(bundle));
                      return objects;
                    },
                .service = {"pxguard", "pxguard"},
                .pod = "pxguard-0",
                .wall = [&clocks] { return clocks.wall; },
                .steady = [&clocks] { return clocks.steady; }},
               pairs) {}

  // So many more requests, and then none.
  void kill_after(int requests) { left_ = requests; }
  TrustRound round() {
    TrustRound round = trust_.round(*client_);
    for (const TrustNote& note : round.notes) notes.push_back(note.what);
    return round;
  }
  // Until there is nothing to do at once.
  TrustRound settle() {
    for (int i = 0; i < 20; ++i) {
      TrustRound last = round();
      if (!last.changed) return last;
    }
    FAIL("it never comes to rest");
    return {};
  }
  TrustRound leave() { return trust_.leave(*client_); }
  [[nodiscard]] const TrustState& state() const { return trust_.state(); }
  [[nodiscard]] bool was_said(std::string_view part) const {
    return std::any_of(notes.begin(), notes.end(), [part](const std::string& note) {
      return note.find(part) != std::string::npos;
    });
  }
  [[nodiscard]] std::string serial() const { return certs::leaf_of(*pairs.get()).id; }

  Published<certs::KeyPair> pairs;
  std::vector<std::string> notes;
  bool repairs = false;  // the policy repairs something

 private:
  int left_ = -1;
  std::unique_ptr<Client> client_;
  Trust trust_;
};

}  // namespace pxguard::cluster
