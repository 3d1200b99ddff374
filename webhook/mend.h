// Which repairs a mutating webhook makes of an object that is being written, as one JSON Patch that
// was tried: pure.
//
// Threads: safe.
#pragma once

#include <string>
#include <vector>

#include "rules/json_patch.h"
#include "rules/model/cluster_view.h"
#include "rules/policy/evaluate.h"
#include "webhook/review.h"

namespace pxguard::webhook {

struct Mended {
  const rules::Rule* rule = nullptr;
  std::string path{};  // for people
  std::string what{};  // "adds ...", of an edit for people
};

struct Unmended {
  const rules::Rule* rule = nullptr;
  std::string path{};
  std::string why{};
};

struct Mending {
  rules::JsonPatch patch{};  // empty: nothing is to be done
  std::vector<Mended> mended{};
  std::vector<Unmended> unmended{};  // of rules that the policy lets mutate
};

// Whoever may be mended: objects of users. What a controller makes and what the operator owns is
// not; "" where it may, else the reason.
std::string reason_to_leave(const Review& review, const model::ClusterView& view,
                            const policy::Policy& policy);

Mending mend(const Review& review, const model::ClusterView& view, const policy::Policy& policy,
             policy::Time now);

}  // namespace pxguard::webhook
