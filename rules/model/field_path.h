// Where in an object: made by views only, so that a report and a patch never disagree.
//   display(): spec.template.spec.containers[portworx].env[PORTWORX_AUTH_SYSTEM_KEY]
//   pointer(): /spec/template/spec/containers/0/env/3        (RFC 6901)
//
// Threads: any number may read.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace pxguard::model {

class FieldPath {
 public:
  FieldPath() = default;  // the object itself
  FieldPath(std::initializer_list<std::string_view> keys);

  [[nodiscard]] FieldPath key(std::string_view key) const;
  // An element of a list; `name` is what people call it, where it has a name.
  [[nodiscard]] FieldPath element(std::size_t index, std::string_view name = {}) const;

  [[nodiscard]] bool empty() const { return segments_.empty(); }
  [[nodiscard]] std::string display() const;
  [[nodiscard]] std::string pointer() const;

 private:
  struct Segment {
    std::string text;  // a key, or the name of an element
    int index = -1;    // >= 0: an element of a list
  };
  std::vector<Segment> segments_;
};

}  // namespace pxguard::model
