// One review of the mutating webhook, from the bytes that arrive to the bytes that answer it: pure.
// It allows everything; denying is for /validate, which sees what comes of all the mutations.
#pragma once

#include "webhook/admit.h"

namespace pxguard::webhook {

inline constexpr std::string_view kMutatePath = "/mutate";

// The summary has the rules whose findings were mended.
Admitted mutate(std::string_view body, const policy::Policy& policy, const model::ClusterView& view,
                std::chrono::system_clock::time_point now);

}  // namespace pxguard::webhook
