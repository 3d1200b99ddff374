#include "rules/model/object.h"

#include "base/json_text.h"

#include <utility>

#include "base/text.h"

namespace pxguard::model {

std::string ObjectId::display() const {
  constexpr std::size_t kLongestName = 253;  // Kubernetes' own limit
  std::string text = printable(kind, kLongestName);
  text += ' ';
  if (!ns.empty()) text += printable(ns, kLongestName) + '/';
  return text + (name.empty() ? "(no name)" : printable(name, kLongestName));
}

std::string_view ObjectId::group() const {
  const std::size_t slash = api_version.find('/');
  return slash == std::string::npos ? std::string_view{}
                                    : std::string_view(api_version).substr(0, slash);
}

Object::Object(std::shared_ptr<const json::Document> document, json::Value root,
               std::shared_ptr<const Source> source)
    : document_(std::move(document)), root_(root), source_(std::move(source)) {
  id_.api_version = root_["apiVersion"].text();
  id_.kind = root_["kind"].text();
  id_.ns = metadata()["namespace"].text();
  id_.name = metadata()["name"].text();
  if (id_.name.empty() && metadata()["generateName"]) {
    id_.name = std::string(metadata()["generateName"].text()) + "*";
  }
}

void Object::complete_identity(std::string_view ns, std::string_view name) {
  if (id_.ns.empty()) id_.ns = ns;
  if (id_.name.empty()) id_.name = name;
}

std::string_view Object::annotation(std::string_view key) const {
  return metadata()["annotations"][key].text();
}

std::string_view Object::label(std::string_view key) const {
  return metadata()["labels"][key].text();
}

bool Object::is_being_deleted() const { return metadata()["deletionTimestamp"].is_set(); }

std::optional<Owner> Object::controller() const {
  for (const json::Value owner : metadata()["ownerReferences"].elements()) {
    if (owner["controller"].boolean_or(false)) {
      return Owner{std::string(owner["apiVersion"].text()), std::string(owner["kind"].text()),
                   std::string(owner["name"].text())};
    }
  }
  return std::nullopt;
}

bool Object::has_owner(std::string_view group, std::string_view kind) const {
  for (const json::Value owner : metadata()["ownerReferences"].elements()) {
    const std::string_view version = owner["apiVersion"].text();
    const std::size_t slash = version.find('/');
    const bool is_of_group = version.substr(0, slash == version.npos ? 0 : slash) == group;
    if (is_of_group && (kind.empty() || owner["kind"].text() == kind)) return true;
  }
  return false;
}

const std::string& Object::file() const {
  static const std::string none;
  return source_ ? source_->file : none;
}

yaml::Mark Object::mark(std::string_view pointer) const {
  return mark_of_node(root_.nearest(pointer).node());
}

yaml::Mark Object::mark_of_node(std::uint32_t node) const {
  if (!source_ || node >= source_->marks.size()) return {};
  return source_->marks[node];
}

bool Object::contains_node(std::uint32_t node) const { return root_.contains(node); }

FieldPath Object::path_of_node(std::uint32_t node) const {
  const std::string from_document = document_->pointer_of(node);
  const std::string to_object = document_->pointer_of(root_.node());
  if (!from_document.starts_with(to_object)) return {};
  FieldPath path;
  json::Value value = root_;
  for (std::string_view segment :
       split(std::string_view(from_document).substr(to_object.size()), '/')) {
    if (segment.empty()) continue;  // before the first slash
    const json::Value next = value.find('/' + std::string(segment));
    if (value.is_array())
      path = path.element(std::stoul(std::string(segment)), next["name"].text());
    else
      path = path.key(json::unescape_pointer_segment(segment));
    value = next;
  }
  return path;
}

}  // namespace pxguard::model
