// JSON Schemas of the tables that readers of files follow (rules/policy/policy_schema.h): printed,
// compared with the files in docs, and tried on documents.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rules/policy/policy_schema.h"

namespace pxguard::test {

// As it lies in docs, with an end of line.
std::string schema_text(std::string_view title, std::string_view comment,
                        const policy::Shape& shape);

// Compares a file of docs with what it has to be; ./dev test --update writes it.
void check_published(const std::string& file, const std::string& text);

// Whether a document in YAML is as the schema wants it: as much of JSON Schema as our files use.
bool schema_accepts(const nlohmann::ordered_json& schema, std::string_view text);

// The pattern of each format and its function say the same of these texts and of all short ones.
void check_formats(const std::vector<const policy::Format*>& formats,
                   std::vector<std::string> texts);
// Of all texts and keys in it, each once.
std::vector<const policy::Format*> formats_of(const policy::Shape& shape);

// A page for people names every field and every word of the table, in backquotes.
void check_reference(const std::string& page, const policy::Shape& shape);
// What stands between ```yaml and ```.
std::vector<std::string> yaml_examples(const std::string& page);

std::string source_file(const std::string& path);

}  // namespace pxguard::test
