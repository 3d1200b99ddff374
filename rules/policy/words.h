// The words in which findings are said: the same in the webhook, in CI and in reports. Printable
// ASCII, at most 100 columns, never a value of a secret.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/policy/evaluate.h"

namespace pxguard::policy {

// "2 problems in Deployment kube-system/stork"
std::string headline(std::size_t problems, const model::ObjectId& object);
// "1 error", "2 errors"
std::string counted(std::size_t count, std::string_view singular);
// The block of one finding: id and message, then at, found, want, why, fix, each where there is
// one; lines that are too long are wrapped under their beginning. Ends with a newline.
std::string block(const Judged& judged);
// The lines of one field of a block, wrapped: "  want  secret pxkeys, key stork-secret".
std::string field(std::string_view label, std::string_view text);

// The message of a denial: at most limits::kDenialMessage bytes, then how many more there are.
// `view_age`: of the other objects that it was compared with.
std::string denial(const Verdict& verdict, const model::ObjectId& object,
                   std::optional<std::chrono::seconds> view_age = {});
// One line for each finding that warns, exception in use or expired; within the limits of
// Kubernetes, the number left out said in the last one.
std::vector<std::string> warnings(const Verdict& verdict, const model::ObjectId& object);

}  // namespace pxguard::policy
