// A manifest as text, before anything is known about it; and what is said about texts that hold
// no objects.
#pragma once

#include <string>
#include <vector>

namespace pxguard::manifest {

struct Text {
  std::string file{};  // as the user wrote it, or as it was found in a folder
  std::string content{};
  // Read only to know what other files are: a kustomization or Chart.yaml beside a given file.
  bool is_context = false;
  // Values for the chart portworx, whatever its name.
  bool is_values = false;
};

// Not an object of a cluster as it stands; not a fault.
struct Skipped {
  std::string file{};
  std::string reason{};
};

// Could not be read or parsed.
struct Problem {
  std::string file{};
  int line = 0;  // 0: the whole file
  std::string message{};
};

struct Input {
  std::vector<Text> texts{};
  std::vector<Skipped> skipped{};
  std::vector<Problem> problems{};
};

}  // namespace pxguard::manifest
