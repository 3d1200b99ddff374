// Any text is a policy or a list of errors, each with a message.
#include <cstdint>
#include <cstdlib>

#include "rules/policy/policy_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = pxguard::policy::parse_policy({reinterpret_cast<const char*>(data), size});
  for (const pxguard::Error& error : parsed.errors) {
    if (error.message.empty()) std::abort();
  }
  return 0;
}
