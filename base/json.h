// JSON that arrives. A Document is one JSON text, checked as a whole and indexed once; a Value is
// a handle to one place in it. Reading is total: whatever is missing or of another type reads as
// absent, so that nobody who asks has to check first.
//
// Where a key stands twice the last one wins, as in the Kubernetes API server; the earlier ones
// are invisible to look-ups and listed by duplicates().
//
// Lifetime: a Value and the text that it returns are valid while its Document is alive and stays
// where it is.
// Threads: any number may read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace pxguard::json {

class Document;

enum class Kind : std::uint8_t { Null, Boolean, Integer, Number, String, Array, Object };

std::string_view to_string(Kind kind);

class Value {
 public:
  Value() = default;  // absent

  [[nodiscard]] bool is_absent() const { return document_ == nullptr; }
  // Absent and null are the same to Kubernetes: a field that is not set.
  [[nodiscard]] bool is_set() const { return document_ != nullptr && kind() != Kind::Null; }
  explicit operator bool() const { return is_set(); }
  // REQUIRES: !is_absent()
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_object() const { return is(Kind::Object); }
  [[nodiscard]] bool is_array() const { return is(Kind::Array); }
  [[nodiscard]] bool is_string() const { return is(Kind::String); }

  // The member of an object; absent where this is no object or has no such key.
  Value operator[](std::string_view key) const;
  // Walks "a.b.c"; keys that contain a dot need operator[].
  [[nodiscard]] Value at(std::string_view dotted) const;
  // RFC 6901, from here. Absent where it leads nowhere or is malformed.
  [[nodiscard]] Value find(std::string_view pointer) const;
  // The deepest place on the way to `pointer` that exists; this value at least.
  [[nodiscard]] Value nearest(std::string_view pointer) const;
  // Members of an object, elements of an array, each once (of duplicates the last); else 0.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }

  // The text of a string, "" of anything else.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] bool boolean_or(bool otherwise) const;
  [[nodiscard]] std::int64_t integer_or(std::int64_t otherwise) const;

  // for (Value element : value.elements()): of an array; of anything else nothing.
  class Elements;
  [[nodiscard]] Elements elements() const;
  // for (auto [key, member] : value.members()): of an object, in the order of the text.
  class Members;
  [[nodiscard]] Members members() const;

  // Integers included.
  [[nodiscard]] double number_or(double otherwise) const;
  // Whether the node stands inside this value, or is it.
  [[nodiscard]] bool contains(std::uint32_t node) const;
  // The position of this value in the document's order of nodes; keys are nodes of their own.
  [[nodiscard]] std::uint32_t node() const { return node_; }

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t node) : document_(document), node_(node) {}
  [[nodiscard]] bool is(Kind kind_wanted) const { return !is_absent() && kind() == kind_wanted; }

  const Document* document_ = nullptr;
  std::uint32_t node_ = 0;
};

// A key that stands more than once in one object.
struct Duplicate {
  std::uint32_t first;  // node of the key that is not used
  std::uint32_t last;   // node of the key that is
};

class Document {
 public:
  // Checks and indexes `text`. Errors name the byte or the limit, never the content. Lists under
  // members named `left_out` are checked, and then left empty: nobody asks about managedFields.
  static Result<Document> parse(std::string_view text, std::string_view left_out = {});
  // What parse() may hold at once. Looks at every byte.
  static std::size_t memory_to_parse(std::string_view text);

  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  ~Document();  // wipes the text: it may have held secrets

  [[nodiscard]] Value root() const { return {this, 0}; }
  [[nodiscard]] const std::vector<Duplicate>& duplicates() const { return duplicates_; }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  // The pointer of the node (of a key: of its member). Walks the document: for reports only.
  [[nodiscard]] std::string pointer_of(std::uint32_t node) const;

 private:
  friend class Value;
  friend class Indexer;

  struct Node {
    Kind kind;
    bool hidden = false;     // a key whose name stands again further on
    std::uint32_t size = 0;  // bytes of a string, members of an object, elements of an array
    // Containers: the node after the last one inside. Strings: where they begin.
    std::uint32_t place = 0;
    std::uint32_t sorted = 0;  // big objects: 1 + where their keys begin in sorted_keys_

    // Integers and numbers: their eight bytes are kept in the last two.
    [[nodiscard]] std::uint64_t bits() const { return std::uint64_t{sorted} << 32 | place; }
  };
  static_assert(sizeof(Node) == 16);

  Document() = default;
  [[nodiscard]] std::string_view text_of(const Node& node) const {
    return std::string_view(text_).substr(node.place, node.size);
  }
  [[nodiscard]] std::uint32_t after(std::uint32_t node) const;
  [[nodiscard]] std::uint32_t member(std::uint32_t object, std::string_view key) const;

  // A key of a big object. Sorted by hash first: most keys of one object begin alike.
  struct SortedKey {
    std::uint32_t hash;
    std::uint32_t node;
  };
  static std::uint32_t hash_of(std::string_view key);
  [[nodiscard]] bool is_before(const SortedKey& a, std::uint32_t hash, std::string_view key) const;

  std::vector<Node> nodes_;
  std::string text_;  // all strings
  std::vector<SortedKey> sorted_keys_;
  std::vector<Duplicate> duplicates_;
};

class Value::Elements {
 public:
  class Iterator {
   public:
    Iterator(const Document* document, std::uint32_t node) : document_(document), node_(node) {}
    Value operator*() const { return {document_, node_}; }
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return node_ == other.node_; }

   private:
    const Document* document_;
    std::uint32_t node_;
  };
  Elements(const Document* document, std::uint32_t begin, std::uint32_t end)
      : document_(document), begin_(begin), end_(end) {}
  [[nodiscard]] Iterator begin() const { return {document_, begin_}; }
  [[nodiscard]] Iterator end() const { return {document_, end_}; }

 private:
  const Document* document_;
  std::uint32_t begin_, end_;
};

struct Member {
  std::string_view key;
  Value value;
  std::uint32_t key_node = 0;
};

class Value::Members {
 public:
  class Iterator {
   public:
    Iterator(const Document* document, std::uint32_t node, std::uint32_t end);
    Member operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return node_ == other.node_; }

   private:
    void skip_hidden();
    const Document* document_;
    std::uint32_t node_, end_;
  };
  Members(const Document* document, std::uint32_t begin, std::uint32_t end)
      : document_(document), begin_(begin), end_(end) {}
  [[nodiscard]] Iterator begin() const { return {document_, begin_, end_}; }
  [[nodiscard]] Iterator end() const { return {document_, end_, end_}; }

 private:
  const Document* document_;
  std::uint32_t begin_, end_;
};

}  // namespace pxguard::json
