// Numbers that the parser of JSON does not take, and Kubernetes does.
#pragma once

#include <string>
#include <string_view>

namespace pxguard::json {

// simdjson refuses integers beyond 64 bits, which the API server passes on as digits
// (18446744073709552000). With an exponent they are doubles, as they are in Go.
std::string widen_big_integers(std::string_view text);

}  // namespace pxguard::json
