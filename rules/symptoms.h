// What people see when it is too late, and search for: messages of logs and events, and the rules
// that would have found the cause before.
//
// Lifetime: constant. Threads: any number may read.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "rules/rule.h"

namespace pxguard::rules {

struct Symptom {
  std::string_view seen;      // a message as it is printed, or what happens; without variable parts
  bool is_message = true;     // can be searched for in logs and events
  std::string_view where{};   // whose log, or where it shows
  std::string_view means{};   // one sentence
  std::string_view rules{};   // ids divided by blanks, the likeliest first
  std::string_view source{};  // where the message is made; "" where nothing is printed
};

std::span<const Symptom> symptoms();
// Those that a line of a log (or a part of such a message) speaks of, in any case of letters.
std::vector<const Symptom*> symptoms_in(std::string_view line);
// Those that name this rule.
std::vector<const Symptom*> symptoms_of(const Rule& rule);

}  // namespace pxguard::rules
