#include "cli/facts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "rules/policy/policy_reader.h"

namespace pxguard::cli {
namespace {

using policy::Field;
using policy::Format;
using policy::Shape;
using policy::Type;

bool is_version(std::string_view text) { return model::Version::parse(text).has_value(); }

// As Kubernetes wants the keys of a Secret.
bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// Short, so that nobody takes it for the place of the value itself.
bool is_mark(std::string_view text) { return is_key(text) && text.size() <= 16; }

constinit const Format kVersion = {R"(^v?[0-9]+\.[0-9]+)", "a version as in \"1.31.4\"",
                                   is_version};
constinit const Format kKey = {"^[-._a-zA-Z0-9]+$", "a key of a Secret", is_key};
constinit const Format kMark = {"^[-._a-zA-Z0-9]{1,16}$",
                                "a word of at most 16 letters, the same for equal values", is_mark};

constexpr std::string_view kApiVersions[] = {policy::kApiVersion};
constexpr std::string_view kKinds[] = {"Facts"};
constexpr std::string_view kAbsentKinds[] = {"ConfigMap", "PersistentVolumeClaim", "Secret",
                                             "StorageClass"};

constexpr Shape kApiVersionShape = {.type = Type::Word, .words = kApiVersions};
constexpr Shape kKindShape = {.type = Type::Word, .words = kKinds};
constexpr Shape kVersionShape = {.type = Type::Text, .format = &kVersion};
constexpr Shape kNamespaceShape = {.type = Type::Text, .format = &policy::kNamespace};
constexpr Shape kNameShape = {.type = Type::Text, .format = &policy::kName};
constexpr Shape kMarkShape = {.type = Type::Text, .format = &kMark};
constexpr Shape kKeysShape = {.type = Type::Map, .element = &kMarkShape, .format = &kKey};
constexpr Shape kAbsentKind = {.type = Type::Word, .words = kAbsentKinds};
constexpr Shape kAnything = {.type = Type::Anything};

constexpr Field kVersionFields[] = {
    {.name = "kubernetes", .shape = &kVersionShape, .says = "Of the API server."},
    {.name = "portworx",
     .shape = &kVersionShape,
     .says = "Of Portworx, where the tag of its image does not tell it."},
    {.name = "stork",
     .shape = &kVersionShape,
     .says = "Of Stork, where the tag of its image does not tell it."},
};
constexpr Shape kVersions = {.type = Type::Object, .fields = kVersionFields};

constexpr Field kSecretFields[] = {
    {.name = "namespace",
     .shape = &kNamespaceShape,
     .required = true,
     .says = "The namespace of the Secret."},
    {.name = "name", .shape = &kNameShape, .required = true, .says = "The name of the Secret."},
    {.name = "keys",
     .shape = &kKeysShape,
     .required = true,
     .says = "Its keys, each with a word; equal words stand for equal values."},
};
constexpr Shape kSecret = {.type = Type::Object, .fields = kSecretFields};
constexpr Shape kSecrets = {.type = Type::List, .element = &kSecret};

constexpr Field kAbsentFields[] = {
    {.name = "kind", .shape = &kAbsentKind, .required = true, .says = "The kind of the object."},
    {.name = "namespace",
     .shape = &kNamespaceShape,
     .says = "Its namespace.",
     .otherwise = "the object has none, as a StorageClass"},
    {.name = "name", .shape = &kNameShape, .required = true, .says = "Its name."},
};
constexpr Shape kAbsent = {.type = Type::Object, .fields = kAbsentFields};
constexpr Shape kAbsents = {.type = Type::List, .element = &kAbsent};
constexpr Shape kObjects = {.type = Type::List, .element = &kAnything};

constexpr Field kFactsFields[] = {
    {.name = "apiVersion",
     .shape = &kApiVersionShape,
     .required = true,
     .says = "The version of this format."},
    {.name = "kind", .shape = &kKindShape, .required = true, .says = "The kind of this file."},
    {.name = "versions", .shape = &kVersions, .says = "Versions of what runs in the cluster."},
    {.name = "secrets", .shape = &kSecrets, .says = "Secrets that exist, without their values."},
    {.name = "absent", .shape = &kAbsents, .says = "Objects that are known not to exist."},
    {.name = "objects",
     .shape = &kObjects,
     .says = "Other objects of the cluster: looked at, and not judged."},
};
constexpr Shape kFacts = {.type = Type::Object, .fields = kFactsFields};

model::SecretFacts secret(json::Value entry) {
  std::map<std::string, std::string> marks;
  for (const auto& [key, mark, node] : entry["keys"].members())
    marks.emplace(std::string(key), std::string(mark.text()));
  return model::SecretFacts::known({.api_version = "v1",
                                    .kind = "Secret",
                                    .ns = std::string(entry["namespace"].text()),
                                    .name = std::string(entry["name"].text())},
                                   marks);
}

// REQUIRES: the document is as facts_shape() wants it
Facts facts_of(const std::shared_ptr<const json::Document>& document) {
  const json::Value root = document->root();
  Facts facts;
  const json::Value versions = root["versions"];
  facts.kubernetes = model::Version::parse(versions["kubernetes"].text());
  facts.portworx = model::Version::parse(versions["portworx"].text());
  facts.stork = model::Version::parse(versions["stork"].text());
  for (const json::Value entry : root["secrets"].elements())
    facts.known.secrets.push_back(secret(entry));
  for (const json::Value entry : root["absent"].elements()) {
    facts.known.absent.push_back({.api_version = {},
                                  .kind = std::string(entry["kind"].text()),
                                  .ns = std::string(entry["namespace"].text()),
                                  .name = std::string(entry["name"].text())});
  }
  for (const json::Value object : root["objects"].elements())
    facts.known.objects.emplace_back(document, object);
  return facts;
}

}  // namespace

const Shape& facts_shape() { return kFacts; }

ParsedFacts parse_facts(std::string_view text) {
  ParsedFacts result;
  const auto documents = yaml::read(text);
  for (const yaml::Document& document : documents) {
    if (document.error) result.errors.push_back(*document.error);
  }
  if (documents.size() != 1) {
    result.errors.push_back(
        {Error::Code::Invalid, "want one document with kind: Facts in this file", 1});
  }
  if (!result.errors.empty()) return result;
  auto parsed = json::Document::parse(documents[0].json);
  if (!parsed) {
    result.errors.push_back({Error::Code::Invalid, parsed.error().message, documents[0].line});
    return result;
  }
  const auto document = std::make_shared<const json::Document>(std::move(*parsed));
  result.errors = policy::problems_of(*document, documents[0].marks, kFacts);
  if (result.errors.empty()) result.facts = facts_of(document);
  return result;
}

}  // namespace pxguard::cli
