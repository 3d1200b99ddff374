// Objects for tests, from YAML.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string_view>

#include "base/json.h"
#include "base/yaml.h"
#include "rules/model/object.h"

namespace pxguard::test {

// REQUIRES: one document that can be read.
inline model::Object object(std::string_view text) {
  auto documents = yaml::read(text);
  REQUIRE(documents.size() == 1);
  REQUIRE_FALSE(documents[0].error.has_value());
  auto document = json::Document::parse(documents[0].json);
  REQUIRE(document.has_value());
  auto shared = std::make_shared<const json::Document>(std::move(document).value());
  auto source = std::make_shared<model::Source>();
  source->file = "test.yaml";
  source->marks = std::move(documents[0].marks);
  return {shared, shared->root(), source};
}

}  // namespace pxguard::test
