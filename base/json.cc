#include "base/json.h"

#include <simdjson.h>
#include <string.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include <fmt/format.h>

namespace pxguard::json {
namespace {

// Objects with more members than this are looked up by binary search: a hostile object with a
// million keys must not make each look-up a walk over all of them.
constexpr std::uint32_t kFewMembers = 16;

// An integer that fits neither 64 bits with a sign nor without.
bool is_beyond_64_bits(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return false;
  const bool negative = number.front() == '-';
  const std::string_view digits = number.substr(negative ? 1 : 0);
  const std::string_view most = negative ? "9223372036854775808" : "18446744073709551615";
  return digits.size() != most.size() ? digits.size() > most.size() : digits > most;
}

// simdjson refuses integers beyond 64 bits, which the API server passes on as digits
// (18446744073709552000). With an exponent they are doubles, as they are in Go.
std::string widen_big_integers(std::string_view text) {
  std::string widened;
  widened.reserve(text.size() + 64);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string) {
      const std::size_t step = c == '\\' && i + 1 < text.size() ? 2 : 1;
      in_string = c != '"';
      widened.append(text.substr(i, step));
      i += step;
      continue;
    }
    if (c != '-' && (c < '0' || c > '9')) {
      in_string = c == '"';
      widened.push_back(c);
      ++i;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of("0123456789+-.eE", i), text.size());
    const std::string_view number = text.substr(i, end - i);
    widened.append(number);
    if (is_beyond_64_bits(number)) widened.append("e0");
    i = end;
  }
  return widened;
}

Error describe(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR:
      return {Error::Code::TooLarge,
              fmt::format("JSON is nested deeper than {} levels", limits::kDepth)};
    case simdjson::CAPACITY:
    case simdjson::MEMALLOC: return {Error::Code::TooLarge, "JSON is too large"};
    case simdjson::UTF8_ERROR: return {Error::Code::Invalid, "not UTF-8"};
    case simdjson::NUMBER_ERROR:
      return {Error::Code::Invalid, "not JSON: a number is malformed or out of range"};
    case simdjson::UNCLOSED_STRING:
      return {Error::Code::Invalid, "not JSON: a string is not closed"};
    case simdjson::STRING_ERROR:
    case simdjson::UNESCAPED_CHARS:
      return {Error::Code::Invalid, "not JSON: a string holds a bad escape or a control character"};
    case simdjson::EMPTY: return {Error::Code::Invalid, "not JSON: empty"};
    default: return {Error::Code::Invalid, "not JSON"};
  }
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Boolean: return "a boolean";
    case Kind::Integer:
    case Kind::Number: return "a number";
    case Kind::String: return "a string";
    case Kind::Array: return "a list";
    case Kind::Object: return "an object";
  }
  std::abort();
}

// Copies a simdjson tree into a Document, in the order of the text. The recursion is bounded by
// the parser's depth limit.
class Indexer {
 public:
  std::optional<Error> index(simdjson::dom::element root) {
    add(root);
    if (too_many_) {
      return Error{Error::Code::TooLarge,
                   fmt::format("JSON holds more than {} values", limits::kJsonValues)};
    }
    return std::nullopt;
  }

  Document take() { return std::move(document_); }

 private:
  using Element = simdjson::dom::element;
  using Type = simdjson::dom::element_type;

  std::uint32_t add_node(Kind kind) {
    too_many_ = too_many_ || document_.nodes_.size() >= limits::kJsonValues;
    document_.nodes_.push_back(
        Document::Node{.kind = kind, .hidden = false, .size = 0, .place = 0, .sorted = 0});
    return static_cast<std::uint32_t>(document_.nodes_.size() - 1);
  }

  std::uint32_t add_text(Kind kind, std::string_view text) {
    const std::uint32_t node = add_node(kind);
    document_.nodes_[node].size = static_cast<std::uint32_t>(text.size());
    document_.nodes_[node].place = static_cast<std::uint32_t>(document_.text_.size());
    document_.text_.append(text);
    return node;
  }

  template <class T>
  void add_bytes(Kind kind, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    add_text(kind, {bytes, sizeof value});
  }

  void add(Element element) {
    if (too_many_) return;
    switch (element.type()) {
      case Type::OBJECT: return add_object(element);
      case Type::ARRAY: return add_array(element);
      case Type::STRING: add_text(Kind::String, std::string_view(element)); return;
      case Type::INT64: return add_bytes(Kind::Integer, std::int64_t(element));
      case Type::UINT64:
        return add_bytes(Kind::Number, static_cast<double>(std::uint64_t(element)));
      case Type::DOUBLE: return add_bytes(Kind::Number, double(element));
      case Type::BOOL:
        document_.nodes_[add_node(Kind::Boolean)].size = bool(element) ? 1 : 0;
        return;
      case Type::NULL_VALUE: add_node(Kind::Null); return;
    }
  }

  void add_array(Element element) {
    const std::uint32_t node = add_node(Kind::Array);
    std::uint32_t count = 0;
    for (Element child : simdjson::dom::array(element)) {
      add(child);
      ++count;
    }
    document_.nodes_[node].size = count;
    close(node);
  }

  void add_object(Element element) {
    const std::uint32_t node = add_node(Kind::Object);
    const std::size_t first = keys_.size();
    for (auto [key, value] : simdjson::dom::object(element)) {
      keys_.push_back(add_text(Kind::String, key));
      add(value);
    }
    close(node);
    hide_duplicates(node, first);
    keys_.resize(first);
  }

  void close(std::uint32_t node) {
    document_.nodes_[node].place = static_cast<std::uint32_t>(document_.nodes_.size());
  }

  std::string_view key(std::uint32_t node) const {
    return document_.text_of(document_.nodes_[node]);
  }

  void hide_duplicates(std::uint32_t object, std::size_t first) {
    auto& nodes = document_.nodes_;
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, keys_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const int order = key(a).compare(key(b));
      return order != 0 ? order < 0 : a < b;
    });
    std::uint32_t distinct = 0;
    for (auto it = begin; it != keys_.end(); ++it) {
      if (std::next(it) != keys_.end() && key(*it) == key(*std::next(it))) {
        nodes[*it].hidden = true;
        auto last = it;
        while (std::next(last) != keys_.end() && key(*it) == key(*std::next(last))) ++last;
        document_.duplicates_.push_back({*it, *last});
      } else {
        ++distinct;
      }
    }
    nodes[object].size = distinct;
    if (distinct <= kFewMembers) return;
    nodes[object].sorted = static_cast<std::uint32_t>(document_.sorted_keys_.size() + 1);
    std::copy_if(begin, keys_.end(), std::back_inserter(document_.sorted_keys_),
                 [&nodes](std::uint32_t node) { return !nodes[node].hidden; });
  }

  Document document_;
  std::vector<std::uint32_t> keys_;  // of the objects that are open
  bool too_many_ = false;
};

namespace {

Result<Document> parse_with(simdjson::dom::parser& parser, std::string_view text) {
  const simdjson::padded_string padded(text);
  auto parsed = parser.parse(padded);
  if (parsed.error() != simdjson::SUCCESS) return describe(parsed.error());
  Indexer indexer;
  if (auto error = indexer.index(parsed.value_unsafe())) return *error;
  return indexer.take();
}

Result<Document> parse_once(std::string_view text) {
  if (text.size() > limits::kLargeBody) {  // its buffers are many times the text: freed at once
    simdjson::dom::parser parser;
    if (const auto error = parser.allocate(text.size(), limits::kDepth)) return describe(error);
    return parse_with(parser, text);
  }
  thread_local simdjson::dom::parser parser;
  if (parser.max_depth() != limits::kDepth) {
    const auto error = parser.allocate(limits::kLargeBody / 16, limits::kDepth);
    if (error) return describe(error);
  }
  return parse_with(parser, text);
}

}  // namespace

Result<Document> Document::parse(std::string_view text) try {
  if (text.size() > limits::kYamlFile) return Error{Error::Code::TooLarge, "JSON is too large"};
  auto document = parse_once(text);
  if (document || document.error().message.find("number") == std::string::npos) return document;
  return parse_once(widen_big_integers(text));
} catch (const std::bad_alloc&) {
  return Error{Error::Code::TooLarge, "not enough memory to read JSON"};
}

Document::~Document() {
  if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
}

std::uint32_t Document::after(std::uint32_t node) const {
  const Node& at = nodes_[node];
  return at.kind == Kind::Object || at.kind == Kind::Array ? at.place : node + 1;
}

// The key's node, or 0 (the root is never a key).
std::uint32_t Document::member(std::uint32_t object, std::string_view key) const {
  const Node& at = nodes_[object];
  if (at.kind != Kind::Object) return 0;
  if (at.sorted != 0) {
    const auto begin = sorted_keys_.begin() + (at.sorted - 1);
    const auto end = begin + at.size;
    const auto found =
        std::lower_bound(begin, end, key, [this](std::uint32_t node, std::string_view wanted) {
          return text_of(nodes_[node]) < wanted;
        });
    return found != end && text_of(nodes_[*found]) == key ? *found : 0;
  }
  for (std::uint32_t node = object + 1; node < at.place; node = after(node + 1)) {
    if (!nodes_[node].hidden && text_of(nodes_[node]) == key) return node;
  }
  return 0;
}

namespace {

std::optional<std::size_t> array_index(std::string_view segment) {
  if (segment.empty() || segment.size() > 9) return std::nullopt;
  if (segment.size() > 1 && segment[0] == '0') return std::nullopt;
  std::size_t index = 0;
  for (const char c : segment) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::size_t>(c - '0');
  }
  return index;
}

Value step(Value value, std::string_view segment) {
  if (value.is_array()) {
    auto index = array_index(segment);
    if (!index || *index >= value.size()) return {};
    for (const Value element : value.elements()) {
      if ((*index)-- == 0) return element;
    }
  }
  return value[unescape_pointer_segment(segment)];
}

// Walks `pointer` as far as it leads; `complete` says whether it led to its end.
Value walk(Value value, std::string_view pointer, bool& complete) {
  complete = pointer.empty() || pointer.front() == '/';
  while (complete && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = std::min(pointer.find('/'), pointer.size());
    const Value next = step(value, pointer.substr(0, slash));
    if (next.is_absent())
      complete = false;
    else
      value = next;
    pointer.remove_prefix(slash);
  }
  return value;
}

}  // namespace

Value Value::find(std::string_view pointer) const {
  bool complete = false;
  const Value value = walk(*this, pointer, complete);
  return complete ? value : Value{};
}

Value Value::nearest(std::string_view pointer) const {
  bool complete = false;
  return walk(*this, pointer, complete);
}

std::string Document::pointer_of(std::uint32_t target) const {
  std::string pointer;
  std::uint32_t container = 0;
  while (container < target && target < after(container)) {
    const bool is_object = nodes_[container].kind == Kind::Object;
    std::uint32_t node = container + 1;
    std::size_t index = 0;
    while (node < nodes_[container].place) {
      const std::uint32_t value = is_object ? node + 1 : node;
      if (target < after(value)) {
        pointer += '/';
        pointer += is_object ? pointer_segment(text_of(nodes_[node])) : std::to_string(index);
        if (target <= value) return pointer;
        container = value;
        break;
      }
      node = after(value);
      ++index;
    }
  }
  return pointer;
}

Kind Value::kind() const { return document_->nodes_[node_].kind; }

Value Value::operator[](std::string_view key) const {
  if (!is_object()) return {};
  const std::uint32_t found = document_->member(node_, key);
  return found == 0 ? Value{} : Value{document_, found + 1};
}

Value Value::at(std::string_view dotted) const {
  Value value = *this;
  while (!dotted.empty() && !value.is_absent()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    value = value[dotted.substr(0, dot)];
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return value;
}

std::size_t Value::size() const {
  return is_object() || is_array() ? document_->nodes_[node_].size : 0;
}

std::string_view Value::text() const {
  return is_string() ? document_->text_of(document_->nodes_[node_]) : std::string_view{};
}

bool Value::boolean_or(bool otherwise) const {
  return is(Kind::Boolean) ? document_->nodes_[node_].size != 0 : otherwise;
}

std::int64_t Value::integer_or(std::int64_t otherwise) const {
  if (!is(Kind::Integer)) return otherwise;
  std::int64_t value = 0;
  std::memcpy(&value, document_->text_of(document_->nodes_[node_]).data(), sizeof value);
  return value;
}

double Value::number_or(double otherwise) const {
  if (is(Kind::Integer)) return static_cast<double>(integer_or(0));
  if (!is(Kind::Number)) return otherwise;
  double value = 0;
  std::memcpy(&value, document_->text_of(document_->nodes_[node_]).data(), sizeof value);
  return value;
}

bool Value::contains(std::uint32_t node) const {
  return !is_absent() && node >= node_ && node < document_->after(node_);
}

Value::Elements Value::elements() const {
  if (!is_array()) return {document_, 0, 0};
  return {document_, node_ + 1, document_->nodes_[node_].place};
}

Value::Members Value::members() const {
  if (!is_object()) return {document_, 0, 0};
  return {document_, node_ + 1, document_->nodes_[node_].place};
}

Value::Elements::Iterator& Value::Elements::Iterator::operator++() {
  node_ = document_->after(node_);
  return *this;
}

Value::Members::Iterator::Iterator(const Document* document, std::uint32_t node, std::uint32_t end)
    : document_(document), node_(node), end_(end) {
  skip_hidden();
}

void Value::Members::Iterator::skip_hidden() {
  while (node_ < end_ && document_->nodes_[node_].hidden) node_ = document_->after(node_ + 1);
}

Member Value::Members::Iterator::operator*() const {
  return {document_->text_of(document_->nodes_[node_]), Value{document_, node_ + 1}, node_};
}

Value::Members::Iterator& Value::Members::Iterator::operator++() {
  node_ = document_->after(node_ + 1);
  skip_hidden();
  return *this;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted += '"';
}

std::string pointer_segment(std::string_view text) {
  std::string segment;
  for (const char c : text) {
    if (c == '~')
      segment += "~0";
    else if (c == '/')
      segment += "~1";
    else
      segment += c;
  }
  return segment;
}

std::string unescape_pointer_segment(std::string_view segment) {
  std::string text;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size() &&
        (segment[i + 1] == '0' || segment[i + 1] == '1')) {
      text.push_back(segment[++i] == '0' ? '~' : '/');
    } else {
      text.push_back(segment[i]);
    }
  }
  return text;
}

}  // namespace pxguard::json
