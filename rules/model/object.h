// One immutable decoded Kubernetes object, with its identity and where it came from.
//
// Lifetime: an Object shares ownership of the text that it was decoded from; what it returns is
// valid while it (or a copy) is alive.
// Threads: any number may read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/yaml.h"
#include "rules/model/field_path.h"

namespace pxguard::model {

// An absent namespace is "unset": equal to unset, unknown against a named one.
struct ObjectId {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;

  // "Deployment kube-system/stork"; printable.
  [[nodiscard]] std::string display() const;
  [[nodiscard]] std::string_view group() const;  // "" for the core group
  bool operator==(const ObjectId&) const = default;
};

// The file that an object was read from; in a review nothing.
struct Source {
  std::string file;
  std::vector<yaml::Mark> marks;  // one for each node of the document
};

struct Owner {
  std::string api_version;
  std::string kind;
  std::string name;
};

class Object {
 public:
  // `root` is a place in `document`: the whole of it, an item of a List, the object of a review.
  Object(std::shared_ptr<const json::Document> document, json::Value root,
         std::shared_ptr<const Source> source = nullptr);

  [[nodiscard]] const ObjectId& id() const { return id_; }
  [[nodiscard]] std::string_view kind() const { return id_.kind; }
  // The namespace or name that the request gives, where the object itself lacks it.
  void complete_identity(std::string_view ns, std::string_view name);
  // What is no object of Kubernetes, but judged like one: values of a chart.
  void replace_identity(ObjectId id) { id_ = std::move(id); }

  [[nodiscard]] json::Value root() const { return root_; }
  [[nodiscard]] const json::Document& document() const { return *document_; }
  [[nodiscard]] json::Value metadata() const { return root_["metadata"]; }
  [[nodiscard]] std::string_view annotation(std::string_view key) const;
  [[nodiscard]] std::string_view label(std::string_view key) const;
  [[nodiscard]] bool is_being_deleted() const;
  // The owner reference with controller: true.
  [[nodiscard]] std::optional<Owner> controller() const;
  // Any owner of this API group, and kind unless it is "".
  [[nodiscard]] bool has_owner(std::string_view group, std::string_view kind = {}) const;

  [[nodiscard]] const std::string& file() const;
  // Where `pointer` (or the deepest place on the way to it that exists) stands in the file.
  [[nodiscard]] yaml::Mark mark(std::string_view pointer) const;
  [[nodiscard]] yaml::Mark mark_of_node(std::uint32_t node) const;
  [[nodiscard]] bool contains_node(std::uint32_t node) const;
  // The path from this object to a node inside it (of a key: to its member).
  [[nodiscard]] FieldPath path_of_node(std::uint32_t node) const;

 private:
  std::shared_ptr<const json::Document> document_;
  json::Value root_;
  std::shared_ptr<const Source> source_;
  ObjectId id_;
};

}  // namespace pxguard::model
