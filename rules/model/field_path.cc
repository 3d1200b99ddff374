#include "rules/model/field_path.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"

namespace pxguard::model {
namespace {

constexpr std::size_t kUsualLength = 100;

}  // namespace

FieldPath::FieldPath(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    last_ = std::make_shared<const Segment>(Segment{std::move(last_), std::string(key), -1});
  }
}

std::shared_ptr<const FieldPath::Segment> FieldPath::last() const {
  if (index_ < 0) return last_;
  return std::make_shared<const Segment>(Segment{last_, {}, index_});
}

std::vector<const FieldPath::Segment*> FieldPath::segments(const Segment* last) {
  std::vector<const Segment*> all;
  for (; last != nullptr; last = last->above.get()) all.push_back(last);
  std::reverse(all.begin(), all.end());
  return all;
}

FieldPath FieldPath::key(std::string_view key) const {
  FieldPath path;
  path.last_ = std::make_shared<const Segment>(Segment{last(), std::string(key), -1});
  return path;
}

FieldPath FieldPath::element(std::size_t index, std::string_view name) const {
  FieldPath path;
  if (name.empty()) {
    path.last_ = last();
    path.index_ = static_cast<int>(index);
  } else {
    path.last_ = std::make_shared<const Segment>(
        Segment{last(), std::string(name), static_cast<int>(index)});
  }
  return path;
}

std::string FieldPath::display() const {
  std::string text;
  text.reserve(kUsualLength);
  const auto lowest = last();
  for (const Segment* segment : segments(lowest.get())) {
    const bool plain_key =
        segment->index < 0 && !has_any_of<'.', '/', '[', ']', ' '>(segment->text);
    const std::string word = segment->index >= 0 && segment->text.empty()
                                 ? std::to_string(segment->index)
                                 : printable(segment->text, 80);
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
  const auto lowest = last();
  for (const Segment* segment : segments(lowest.get())) {
    text += '/';
    text +=
        segment->index >= 0 ? std::to_string(segment->index) : json::pointer_segment(segment->text);
  }
  return text;
}

}  // namespace pxguard::model
