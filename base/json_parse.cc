#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"

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

}  // namespace pxguard::json
