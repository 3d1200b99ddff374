// A review of any bytes is answered: 200 with an AdmissionReview, or 400 with a sentence.
#include <cstdint>
#include <cstdlib>

#include "rules/model/cluster_view.h"
#include "webhook/admit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pxguard;
  static const policy::Policy policy = policy::Policy::defaults();
  static const model::EmptyView view;
  const auto admitted =
      webhook::admit({reinterpret_cast<const char*>(data), size}, policy, view, {});
  if (admitted.body.empty() || (admitted.http_status != 200 && admitted.http_status != 400))
    std::abort();
  return 0;
}
