// A review of any bytes is answered: 200 with an AdmissionReview that is JSON, carries the uid of
// the request and decides, or 400 with a sentence.
#include <cstdint>
#include <cstdlib>

#include "base/json.h"
#include "rules/model/cluster_view.h"
#include "webhook/admit.h"

namespace {

using namespace pxguard;

bool is_answer_to(std::string_view answer, std::string_view request) {
  const auto response = json::Document::parse(answer);
  const auto asked = json::Document::parse(request);
  if (!response || !asked) return false;
  const json::Value said = response->root()["response"];
  const bool denies = said["status"].is_object();
  return said["uid"].text() == asked->root()["request"]["uid"].text() && said["allowed"].is_set() &&
         said["allowed"].boolean_or(true) != denies &&
         said["auditAnnotations"]["mode"].text() == (denies ? "deny" : "allow");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const policy::Policy policy = policy::Policy::defaults();
  static const model::EmptyView view;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto admitted = webhook::admit(text, policy, view, {});
  if (admitted.http_status == 200 ? !is_answer_to(admitted.body, text)
                                  : admitted.http_status != 400 || admitted.body.empty()) {
    std::abort();
  }
  return 0;
}
