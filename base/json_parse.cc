#include <simdjson.h>
#include <string.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <new>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_numbers.h"

namespace pxguard::json {
namespace {

// Objects with more members than this are looked up by binary search: a hostile object with a
// million keys must not make each look-up a walk over all of them.
constexpr std::uint32_t kFewMembers = 16;
// Objects of Kubernetes have about one key or value in twelve bytes.
constexpr std::size_t kBytesPerNode = 12;

// While a number is parsed: two words of simdjson's tape, two of its indexes, a node of ours.
constexpr std::size_t kBytesPerValue = 40;

bool stands_before_node(char c) { return c == ',' || c == ':' || c == '[' || c == '{'; }

// How many keys and values there are, or more, where strings hold commas.
std::size_t most_nodes(std::string_view text) {
  std::size_t most = 1;
  for (const char before : {',', ':', '[', '{'})
    most += static_cast<std::size_t>(std::count(text.begin(), text.end(), before));
  return most;
}

// The same without what is in strings. Of what is no JSON any number.
std::size_t exact_nodes(std::string_view text) {
  std::size_t count = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      in_string = !in_string;
    else if (in_string && text[i] == '\\')
      ++i;
    else if (!in_string && stands_before_node(text[i]))
      ++count;
  }
  return count;
}

// Of a small text a guess; of a large one what can be at most, since growing would hold the old
// nodes and the new at once.
std::size_t nodes_in(std::string_view text) {
  if (text.size() <= limits::kLargeBody) return text.size() / kBytesPerNode + 1;
  const std::size_t most = most_nodes(text);
  return most <= limits::kJsonValues ? most : exact_nodes(text);
}

Error too_many_values() {
  return {Error::Code::TooLarge,
          fmt::format("JSON holds more than {} values", limits::kJsonValues)};
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
  Indexer(std::size_t size, std::size_t nodes, std::string_view left_out) : left_out_(left_out) {
    document_.nodes_.reserve(nodes);
    document_.text_.reserve(size);
  }

  std::optional<Error> index(simdjson::dom::element root) {
    add(root);
    return is_full() ? std::optional(too_many_values()) : std::nullopt;
  }

  Document take() { return std::move(document_); }

 private:
  using Element = simdjson::dom::element;
  using Type = simdjson::dom::element_type;
  using SortedKey = Document::SortedKey;

  [[nodiscard]] bool is_full() const { return document_.nodes_.size() > limits::kJsonValues; }

  std::uint32_t add_node(Kind kind, std::size_t size = 0, std::size_t place = 0) {
    const std::size_t node = document_.nodes_.size();
    document_.nodes_.push_back({.kind = kind,
                                .hidden = false,
                                .size = static_cast<std::uint32_t>(size),
                                .place = static_cast<std::uint32_t>(place),
                                .sorted = 0});
    return static_cast<std::uint32_t>(node);
  }

  std::uint32_t add_text(Kind kind, std::string_view text) {
    const std::size_t place = document_.text_.size();
    document_.text_.append(text);
    return add_node(kind, text.size(), place);
  }

  template <class T>
  void add_number(Kind kind, T value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    Document::Node& node = document_.nodes_[add_node(kind, 0, bits)];
    node.sorted = static_cast<std::uint32_t>(bits >> 32);
  }

  void add(Element element) {
    switch (element.type()) {
      case Type::OBJECT: return add_object(element);
      case Type::ARRAY: return add_array(element);
      case Type::STRING: add_text(Kind::String, std::string_view(element)); return;
      case Type::INT64: return add_number(Kind::Integer, std::int64_t(element));
      case Type::UINT64:
        return add_number(Kind::Number, static_cast<double>(std::uint64_t(element)));
      case Type::DOUBLE: return add_number(Kind::Number, double(element));
      case Type::BOOL: add_node(Kind::Boolean, bool(element) ? 1 : 0); return;
      case Type::NULL_VALUE: add_node(Kind::Null); return;
    }
  }

  void add_array(Element element) {
    const std::uint32_t node = add_node(Kind::Array);
    std::uint32_t count = 0;
    for (const Element child : simdjson::dom::array(element)) {
      if (is_full()) return;
      add(child);
      ++count;
    }
    close(node, count);
  }

  void add_object(Element element) {
    const std::uint32_t node = add_node(Kind::Object);
    const std::size_t first = keys_.size();
    for (const auto [key, value] : simdjson::dom::object(element)) {
      if (is_full()) return;
      keys_.push_back(add_text(Kind::String, key));
      if (key == left_out_ && !key.empty() && value.is_array())
        close(add_node(Kind::Array), 0);
      else
        add(value);
    }
    const std::size_t count = keys_.size() - first;
    close(node, static_cast<std::uint32_t>(count));
    if (count > kFewMembers || has_duplicates(first)) sort_keys(node, first);
    keys_.resize(first);
  }

  void close(std::uint32_t node, std::uint32_t size) {
    document_.nodes_[node].size = size;
    document_.nodes_[node].place = static_cast<std::uint32_t>(document_.nodes_.size());
  }

  [[nodiscard]] std::string_view key(std::uint32_t node) const {
    return document_.text_of(document_.nodes_[node]);
  }

  // Of few keys: most differ in their sizes already.
  [[nodiscard]] bool has_duplicates(std::size_t first) const {
    for (std::size_t a = first; a < keys_.size(); ++a) {
      const std::uint32_t size = document_.nodes_[keys_[a]].size;
      for (std::size_t b = first; b < a; ++b) {
        if (document_.nodes_[keys_[b]].size == size && key(keys_[a]) == key(keys_[b])) return true;
      }
    }
    return false;
  }

  // The members as they are looked up: of equal keys the last is in, the others are hidden.
  void sort_keys(std::uint32_t object, std::size_t first) {
    std::vector<SortedKey> sorted;
    sorted.reserve(keys_.size() - first);
    for (std::size_t i = first; i < keys_.size(); ++i)
      sorted.push_back({Document::hash_of(key(keys_[i])), keys_[i]});
    std::sort(sorted.begin(), sorted.end(), [this](const SortedKey& a, const SortedKey& b) {
      if (a.hash != b.hash) return a.hash < b.hash;
      const int order = key(a.node).compare(key(b.node));
      return order != 0 ? order < 0 : a.node < b.node;
    });
    hide_duplicates(sorted);
    document_.nodes_[object].size = static_cast<std::uint32_t>(sorted.size());
    if (sorted.size() <= kFewMembers) return;
    document_.nodes_[object].sorted = static_cast<std::uint32_t>(document_.sorted_keys_.size() + 1);
    document_.sorted_keys_.insert(document_.sorted_keys_.end(), sorted.begin(), sorted.end());
  }

  void hide_duplicates(std::vector<SortedKey>& sorted) {
    const auto reported = static_cast<std::ptrdiff_t>(document_.duplicates_.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < sorted.size();) {
      std::size_t last = i;
      while (last + 1 < sorted.size() && sorted[last + 1].hash == sorted[i].hash &&
             key(sorted[last + 1].node) == key(sorted[i].node)) {
        ++last;
      }
      for (; i < last; ++i) {
        document_.nodes_[sorted[i].node].hidden = true;
        document_.duplicates_.push_back({sorted[i].node, sorted[last].node});
      }
      sorted[kept++] = sorted[last];
      i = last + 1;
    }
    sorted.resize(kept);
    std::sort(document_.duplicates_.begin() + reported, document_.duplicates_.end(),
              [](const Duplicate& a, const Duplicate& b) { return a.first < b.first; });
  }

  Document document_;
  std::string_view left_out_;
  std::vector<std::uint32_t> keys_;  // of the objects that are open
};

namespace {

// simdjson reads a little beyond the end of a text, so it gets a copy with room there. The copy is
// kept for the next text, but not what was in it.
class Parser {
 public:
  ~Parser() { wipe(); }

  [[nodiscard]] std::optional<Error> prepare(std::size_t size) {
    if (parser_.max_depth() == limits::kDepth) return std::nullopt;
    const auto error = parser_.allocate(size, limits::kDepth);
    return error ? std::optional(describe(error)) : std::nullopt;
  }

  Result<Document> parse(std::string_view text, std::string_view left_out) {
    const std::size_t nodes = nodes_in(text);
    if (nodes > limits::kJsonValues) return too_many_values();
    text_.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    text_.assign(text);
    auto parsed = parser_.parse(text_.data(), text_.size(), false);
    wipe();
    Result<Document> document = indexed(parsed, text.size(), nodes, left_out);
    wipe_strings(text.size());
    return document;
  }

 private:
  static Result<Document> indexed(simdjson::simdjson_result<simdjson::dom::element>& parsed,
                                  std::size_t size, std::size_t nodes, std::string_view left_out) {
    if (parsed.error() != simdjson::SUCCESS) return describe(parsed.error());
    Indexer indexer(size, nodes, left_out);
    if (auto error = indexer.index(parsed.value_unsafe())) return *error;
    return indexer.take();
  }

  void wipe() {
    if (!text_.empty()) explicit_bzero(text_.data(), text_.size());
  }

  // Where the library has put the strings of a text of this size: four bytes before each and one
  // behind it, of which a third of the text can be made up. No more was ever made room for.
  void wipe_strings(std::size_t size) {
    const std::size_t room =
        std::min(size, parser_.doc.capacity()) * 5 / 3 + simdjson::SIMDJSON_PADDING;
    if (parser_.doc.string_buf) explicit_bzero(parser_.doc.string_buf.get(), room);
  }

  simdjson::dom::parser parser_;
  std::string text_;
};

Result<Document> parse_once(std::string_view text, std::string_view left_out) {
  // Its buffers are many times the text: those of a large one are freed at once.
  if (text.size() > limits::kLargeBody) {
    Parser once;
    if (auto error = once.prepare(text.size())) return *error;
    return once.parse(text, left_out);
  }
  thread_local Parser kept;
  if (auto error = kept.prepare(limits::kLargeBody / 16)) return *error;
  return kept.parse(text, left_out);
}

}  // namespace

std::size_t Document::memory_to_parse(std::string_view text) {
  // The text, its strings, and what there is of each value.
  return 2 * text.size() + kBytesPerValue * std::min(most_nodes(text), limits::kJsonValues);
}

Result<Document> Document::parse(std::string_view text, std::string_view left_out) try {
  if (text.size() > limits::kYamlFile) return Error{Error::Code::TooLarge, "JSON is too large"};
  auto document = parse_once(text, left_out);
  if (document || document.error().message.find("number") == std::string::npos) return document;
  return parse_once(widen_big_integers(text), left_out);
} catch (const std::bad_alloc&) {
  return Error{Error::Code::TooLarge, "not enough memory to read JSON"};
}

}  // namespace pxguard::json
