// The policy that is in force while its file changes: what does not parse is said once and not
// used.
//
// Threads: one may poll; the published policy is read by any number.
#pragma once

#include <string>

#include "base/published.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

class PolicySource {
 public:
  // An empty path stands for the documented defaults.
  PolicySource(std::string path, Published<policy::Policy>& policies);

  enum class Change { None, Replaced, Refused };
  struct Look {
    Change change = Change::None;
    std::string why{};  // of Refused: a line for each error, with its place
  };
  Look poll();

  // What stands in the file now is not what is in force.
  [[nodiscard]] bool is_failing() const { return failing_; }

 private:
  Look refuse(std::string why);

  const std::string path_;
  Published<policy::Policy>& policies_;
  std::string seen_;      // the text that was looked at last
  std::string said_;      // about it, or about there being none
  bool is_good_ = false;  // seen_ is what is in force
  bool failing_ = false;
  bool has_looked_ = false;
};

}  // namespace pxguard::cli
