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

// 0 is the place above all files.
using Place = std::uint32_t;

class Places {
 public:
  // The place of a file, made with the folders above it.
  Place add_file(std::string_view path);
  // 0 where there is no such file.
  [[nodiscard]] Place of_file(std::string_view path) const;
  [[nodiscard]] Place above(Place place) const { return above_[place]; }

 private:
  Place add(std::string path, Place above);

  std::vector<Place> above_{0};
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
      if (place == 0) return;
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
