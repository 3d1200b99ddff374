// How the texts of a policy file have to look: as a pattern for the JSON Schema, and as a function
// for the reader. A test compares the two.
//
// Lifetime: constant. Threads: any number may read.
#pragma once

#include <cstddef>
#include <string_view>

namespace pxguard::policy {

struct Format {
  std::string_view pattern;  // ECMAScript's
  std::string_view wanted;   // for people: "a day before 2200 as in 2027-06-30"
  bool (*fits)(std::string_view);
};

// In characters; longer texts are refused whatever their format.
inline constexpr std::size_t kLongestText = 512;

extern const Format kSentence;
extern const Format kKind;
extern const Format kNamespace;
extern const Format kName;
extern const Format kAnyName;
extern const Format kSecret;
extern const Format kUser;
extern const Format kLabelKey;
extern const Format kLabelValue;
// On top of it there has to be such a rule.
extern const Format kRule;
// On top of it the calendar has to have that day.
extern const Format kDate;

}  // namespace pxguard::policy
