// What the commands of pxguard end with. Scripts branch on them: a number never changes its
// meaning.
#pragma once

namespace pxguard::cli {

// 2 before 5 before 1 before 3 before 0, where several apply.
enum Status {
  kFine = 0,         // done, and nothing to complain of
  kFindings = 1,     // done; there is something at or above the threshold, or a review was denied
  kWrongUsage = 2,   // options or policy; nothing was done
  kUnavailable = 3,  // something to read was not there, not readable or nothing of ours
  kOwnFault = 5,     // a fault of pxguard, or what it made could not be written
};

}  // namespace pxguard::cli
