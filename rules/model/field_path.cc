#include "rules/model/field_path.h"

#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"

namespace pxguard::model {

FieldPath::FieldPath(std::initializer_list<std::string_view> keys) {
  segments_.reserve(keys.size() + 4);
  for (const std::string_view key : keys) segments_.push_back({std::string(key), -1});
}

FieldPath FieldPath::key(std::string_view key) const {
  FieldPath path = *this;
  path.segments_.push_back({std::string(key), -1});
  return path;
}

FieldPath FieldPath::element(std::size_t index, std::string_view name) const {
  FieldPath path = *this;
  path.segments_.push_back({std::string(name), static_cast<int>(index)});
  return path;
}

std::string FieldPath::display() const {
  std::string text;
  for (const Segment& segment : segments_) {
    const bool plain_key =
        segment.index < 0 && segment.text.find_first_of("./[] ") == std::string::npos;
    const std::string word = segment.index >= 0 && segment.text.empty()
                                 ? std::to_string(segment.index)
                                 : printable(segment.text, 80);
    if (!plain_key) {
      text += '[' + word + ']';
    } else {
      if (!text.empty()) text += '.';
      text += word;
    }
  }
  return text;
}

std::string FieldPath::pointer() const {
  std::string text;
  for (const Segment& segment : segments_) {
    text += '/';
    text +=
        segment.index >= 0 ? std::to_string(segment.index) : json::pointer_segment(segment.text);
  }
  return text;
}

}  // namespace pxguard::model
