// Where in an object: made by views only, so that a report and a patch never disagree.
//   display(): spec.template.spec.containers[portworx].env[PORTWORX_AUTH_SYSTEM_KEY]
//   pointer(): /spec/template/spec/containers/0/env/3        (RFC 6901)
//
// Copies share what they have in common: views make a path for everything that they read, and few
// of them are ever said.
//
// Threads: any number may read.
#pragma once

#include <initializer_list>
#include <memory>
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

  // Without a walk: false of equal paths that were made one by one.
  [[nodiscard]] bool is_copy_of(const FieldPath& other) const {
    return last_ == other.last_ && index_ == other.index_;
  }
  [[nodiscard]] bool empty() const { return last_ == nullptr && index_ < 0; }
  [[nodiscard]] std::string display() const;
  [[nodiscard]] std::string pointer() const;

 private:
  struct Segment {
    std::shared_ptr<const Segment> above;
    std::string text;  // a key, or the name of an element
    int index = -1;    // >= 0: an element of a list
  };

  // With index_ as a segment of its own.
  [[nodiscard]] std::shared_ptr<const Segment> last() const;
  // From the object down. REQUIRES: `last` stays alive.
  static std::vector<const Segment*> segments(const Segment* last);

  std::shared_ptr<const Segment> last_;
  int index_ = -1;  // >= 0: an element without a name, below last_
};

}  // namespace pxguard::model
