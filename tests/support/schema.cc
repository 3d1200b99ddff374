// GCC 12 warns about std::regex itself as soon as a sanitizer is on.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "tests/support/schema.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <utility>

#include <doctest/doctest.h>

#include "base/yaml.h"

namespace pxguard::test {
namespace {

using policy::Field;
using policy::Format;
using policy::kLongestText;
using policy::Shape;
using policy::Type;
using Json = nlohmann::ordered_json;

// --- the JSON Schema, from the table -----------------------------------------------------------

Json schema_of(const Shape& shape);

Json words_of(const Shape& shape) {
  Json words = Json::array();
  for (const std::string_view word : shape.words) words.push_back(word);
  if (!shape.when_false.empty()) words.push_back(false);
  return words.size() == 1 ? Json{{"const", words[0]}} : Json{{"enum", words}};
}

Json text_schema(const Shape& shape) {
  Json schema = {
      {"type", "string"}, {"pattern", shape.format->pattern}, {"maxLength", kLongestText}};
  if (!shape.refused.empty()) {
    schema["not"]["enum"] = Json::array();
    for (const std::string_view word : shape.refused) schema["not"]["enum"].push_back(word);
  }
  return schema;
}

Json object_schema(const Shape& shape) {
  Json schema = {{"type", "object"}};
  for (const Field& field : shape.fields) {
    if (field.required) schema["required"].push_back(field.name);
  }
  if (shape.at_least > 0) schema["minProperties"] = shape.at_least;
  for (const Field& field : shape.fields) {
    std::string says(field.says);
    if (!field.otherwise.empty()) says += " Default: " + std::string(field.otherwise) + ".";
    Json member = {{"description", says}};
    member.update(schema_of(*field.shape));
    const bool may_be_null = !field.required && member.contains("type") &&
                             (member["type"] == "object" || member["type"] == "array");
    if (may_be_null) member["type"] = {member["type"], "null"};
    schema["properties"][std::string(field.name)] = member;
  }
  schema["additionalProperties"] = false;
  return schema;
}

Json schema_of(const Shape& shape) {
  switch (shape.type) {
    case Type::Object:
      if (shape.short_form == nullptr) return object_schema(shape);
      return {{"anyOf", {schema_of(*shape.short_form), object_schema(shape)}}};
    case Type::Map:
      return {{"type", "object"},
              {"propertyNames", {{"pattern", shape.format->pattern}, {"maxLength", kLongestText}}},
              {"additionalProperties", schema_of(*shape.element)}};
    case Type::List: return {{"type", "array"}, {"items", schema_of(*shape.element)}};
    case Type::Word: return words_of(shape);
    case Type::Text: return text_schema(shape);
    case Type::Boolean: return {{"type", "boolean"}};
    case Type::Anything: return Json::object();
  }
  std::abort();
}

// --- as much of JSON Schema as that file uses --------------------------------------------------

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  FAIL("unknown type in the schema: ", type);
  return false;
}

bool has_one_type(const Json& value, const Json& type) {
  if (type.is_string()) return has_type(value, type.get<std::string>());
  return std::any_of(type.begin(), type.end(),
                     [&](const Json& one) { return has_type(value, one.get<std::string>()); });
}

bool accepts(const Json& schema, const Json& value);

bool keyword_accepts(const std::string& keyword, const Json& wanted, const Json& schema,
                     const Json& value) {
  static const std::set<std::string> kNotes = {"$schema", "$comment", "title", "description"};
  if (kNotes.count(keyword) > 0 || keyword == "properties") return true;
  if (keyword == "type") return has_one_type(value, wanted);
  if (keyword == "const") return value == wanted;
  if (keyword == "enum") return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  if (keyword == "not") return !accepts(wanted, value);
  if (keyword == "anyOf") {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Json& one) { return accepts(one, value); });
  }
  if (keyword == "pattern") {
    return !value.is_string() ||
           std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()));
  }
  if (keyword == "maxLength")
    return !value.is_string() || value.get<std::string>().size() <= wanted.get<std::size_t>();
  if (keyword == "minProperties")
    return !value.is_object() || value.size() >= wanted.get<std::size_t>();
  if (keyword == "required") {
    return std::all_of(wanted.begin(), wanted.end(), [&](const Json& name) {
      return !value.is_object() || value.contains(name.get<std::string>());
    });
  }
  if (keyword == "items") {
    return !value.is_array() || std::all_of(value.begin(), value.end(), [&](const Json& element) {
      return accepts(wanted, element);
    });
  }
  if (keyword == "propertyNames") {
    for (const auto& [key, member] : value.items()) {
      if (!accepts(wanted, Json(key))) return false;
    }
    return true;
  }
  if (keyword == "additionalProperties") {
    if (!value.is_object()) return true;
    for (const auto& [key, member] : value.items()) {
      const bool is_listed = schema.contains("properties") && schema["properties"].contains(key);
      if (!accepts(is_listed ? schema["properties"][key] : wanted, member)) return false;
    }
    return true;
  }
  FAIL("unknown keyword in the schema: ", keyword);
  return false;
}

bool accepts(const Json& schema, const Json& value) {
  if (schema.is_boolean()) return schema.get<bool>();
  for (const auto& [keyword, wanted] : schema.items()) {
    if (!keyword_accepts(keyword, wanted, schema, value)) return false;
  }
  return true;
}

void collect_formats(const Shape& shape, std::vector<const Format*>& formats) {
  const bool is_new = shape.format != nullptr &&
                      std::find(formats.begin(), formats.end(), shape.format) == formats.end();
  if (is_new) formats.push_back(shape.format);
  for (const Field& field : shape.fields) collect_formats(*field.shape, formats);
  if (shape.element != nullptr) collect_formats(*shape.element, formats);
  if (shape.short_form != nullptr) collect_formats(*shape.short_form, formats);
}

}  // namespace

std::string schema_text(std::string_view title, std::string_view comment, const Shape& shape) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", title},
                 {"$comment", comment}};
  schema.update(object_schema(shape));
  return schema.dump(2) + "\n";
}

void check_published(const std::string& file, const std::string& text) {
  if (std::getenv("PXGUARD_UPDATE_GOLDEN") != nullptr)
    std::ofstream(PXGUARD_SOURCE_DIR "/" + file) << text;
  CHECK(source_file(file) == text);
}

bool schema_accepts(const Json& schema, std::string_view text) {
  return accepts(schema, Json::parse(yaml::read(text).at(0).json));
}

void check_formats(const std::vector<const Format*>& formats, std::vector<std::string> texts) {
  const std::size_t given = texts.size();
  texts.emplace_back();
  for (std::size_t i = given; texts[i].size() < 4; ++i) {
    for (const char c : {'a', 'Z', '0', '-', '.', '/', '*', ' ', ':', '\n'})
      texts.push_back(texts[i] + c);
  }
  for (const Format* format : formats) {
    CAPTURE(format->pattern);
    const std::regex pattern(format->pattern.data(), format->pattern.size());
    for (const std::string& text : texts) {
      if (std::regex_search(text, pattern) != format->fits(text))
        FAIL_CHECK("differs on \"", text, "\"");
    }
  }
}

std::vector<const Format*> formats_of(const Shape& shape) {
  std::vector<const Format*> formats;
  collect_formats(shape, formats);
  return formats;
}

void check_reference(const std::string& page, const Shape& shape) {
  for (const Field& field : shape.fields) {
    CAPTURE(field.name);
    CHECK(page.find("`" + std::string(field.name) + "`") != std::string::npos);
    for (const std::string_view word : field.shape->words)
      CHECK(page.find(word) != std::string::npos);
    check_reference(page, *field.shape);
    if (field.shape->element != nullptr) check_reference(page, *field.shape->element);
  }
}

std::vector<std::string> yaml_examples(const std::string& page) {
  constexpr std::string_view kFence = "```yaml\n";
  std::vector<std::string> found;
  for (std::size_t at = page.find(kFence); at != std::string::npos;
       at = page.find(kFence, at + 1)) {
    const std::size_t begin = at + kFence.size();
    found.push_back(page.substr(begin, page.find("```", begin) - begin));
  }
  return found;
}

std::string source_file(const std::string& path) {
  std::ifstream file(std::string(PXGUARD_SOURCE_DIR "/") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace pxguard::test
