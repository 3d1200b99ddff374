// What is near: folders and files as a tree, and for each place in it the candidates of a name
// that lie at or below it. Asking walks up from a file; nothing is compared with everything.
//
// Threads: any number may read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pxguard::manifest {

using Place = std::uint32_t;
// Above all files: what is known of the cluster beside them.
inline constexpr Place kCluster = 0;
// Where the paths of all files begin.
inline constexpr Place kTop = 1;

class Places {
 public:
  // The place of a file, made with the folders above it.
  Place add_file(std::string_view path);
  // Where there is no such file, that of the nearest folder which there is; of what has no file the
  // cluster.
  [[nodiscard]] Place of_file(std::string_view path) const;
  [[nodiscard]] Place above(Place place) const { return above_[place]; }

 private:
  Place add(std::string path, Place above);

  std::vector<Place> above_{kCluster, kCluster};
  std::unordered_map<std::string, Place> by_path_;
};

template <class T>
class Nearest {
 public:
  struct Candidates {
    std::uint32_t count = 0;
    const T* last = nullptr;
  };

  // At `place` and at all places above it.
  void add(const Places& places, Place place, std::string_view name, const T* value) {
    auto& of_name = candidates_[std::string(name)];
    for (;; place = places.above(place)) {
      Candidates& here = of_name[place];
      ++here.count;
      here.last = value;
      if (place == kCluster) return;
    }
  }

  // At `place` and below.
  [[nodiscard]] Candidates at(Place place, std::string_view name) const {
    const auto of_name = candidates_.find(std::string(name));
    if (of_name == candidates_.end()) return {};
    const auto here = of_name->second.find(place);
    return here == of_name->second.end() ? Candidates{} : here->second;
  }

 private:
  std::unordered_map<std::string, std::unordered_map<Place, Candidates>> candidates_;
};

}  // namespace pxguard::manifest
