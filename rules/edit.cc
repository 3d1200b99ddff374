#include "rules/edit.h"

#include <utility>

#include "base/json_text.h"

namespace pxguard::rules {
namespace {

std::string json_of(bool value) { return value ? "true" : "false"; }

}  // namespace

Edit Edit::replace(model::FieldPath at, std::string_view text) {
  return {Kind::Replace, std::move(at), json::quote(text)};
}

Edit Edit::replace(model::FieldPath at, bool value) {
  return {Kind::Replace, std::move(at), json_of(value)};
}

Edit Edit::rename(model::FieldPath at, std::string_view key) {
  return {Kind::Rename, std::move(at), json::quote(key)};
}

Edit Edit::add(model::FieldPath at, std::string_view text) {
  return {Kind::Add, std::move(at), json::quote(text)};
}

Edit Edit::add(model::FieldPath at, bool value) {
  return {Kind::Add, std::move(at), json_of(value)};
}

Edit Edit::insert(model::FieldPath at, std::string_view text) {
  return {Kind::Insert, std::move(at), json::quote(text)};
}

Edit Edit::remove(model::FieldPath at) { return {Kind::Remove, std::move(at), {}}; }

Edit Edit::append(model::FieldPath list, std::string_view name, const model::SecretRef& ref) {
  return {Kind::Append, std::move(list),
          R"({"name":)" + json::quote(name) + R"(,"valueFrom":{"secretKeyRef":{"name":)" +
              json::quote(ref.name) + R"(,"key":)" + json::quote(ref.key) + "}}}"};
}

Edit Edit::append(model::FieldPath list, std::string_view name, std::string_view text) {
  return {Kind::Append, std::move(list),
          R"({"name":)" + json::quote(name) + R"(,"value":)" + json::quote(text) + '}'};
}

}  // namespace pxguard::rules
