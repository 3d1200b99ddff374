#include "cli/facts.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/manifest/decode.h"
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

constinit const Format kVersion = {
    R"(^v?[0-9]{1,5}\.[0-9]{1,5}(\.[0-9]{1,5}([-._][\s\S]*)?|[-_][\s\S]*)?$)",
    "a version as in \"1.31.4\"", is_version};
constinit const Format kKey = {"^[-._a-zA-Z0-9]+$", "a key of a Secret", is_key};
constinit const Format kMark = {"^[-._a-zA-Z0-9]{1,16}$",
                                "a word of at most 16 letters, the same for equal values", is_mark};

constexpr std::string_view kApiVersions[] = {policy::kApiVersion};
constexpr std::string_view kKinds[] = {"Facts"};
constexpr std::string_view kWithoutNamespace = "StorageClass";
constexpr std::string_view kAbsentKinds[] = {"ConfigMap", "PersistentVolumeClaim", "Secret",
                                             kWithoutNamespace};

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
     .says = "Its namespace; a StorageClass has none."},
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

// What a document says that is as facts_shape() wants it, and what no table can tell to be wrong.
class Reading {
 public:
  explicit Reading(const yaml::Document& yaml, std::shared_ptr<const json::Document> document)
      : yaml_(yaml), document_(std::move(document)) {}

  ParsedFacts run() {
    const json::Value root = document_->root();
    const json::Value versions = root["versions"];
    result_.facts.kubernetes = model::Version::parse(versions["kubernetes"].text());
    result_.facts.portworx = model::Version::parse(versions["portworx"].text());
    result_.facts.stork = model::Version::parse(versions["stork"].text());
    for (const json::Value entry : root["secrets"].elements()) read_secret(entry);
    for (const json::Value entry : root["absent"].elements()) read_absent(entry);
    for (const json::Value entry : root["objects"].elements()) read_object(entry);
    if (!result_.errors.empty()) result_.facts = {};
    std::stable_sort(result_.errors.begin(), result_.errors.end(),
                     [](const Error& a, const Error& b) { return a.line < b.line; });
    return std::move(result_);
  }

 private:
  [[nodiscard]] int line_of(json::Value value) const {
    return value.node() < yaml_.marks.size() ? yaml_.marks[value.node()].line : yaml_.line;
  }

  void add_error(json::Value at, std::string message) {
    if (result_.errors.size() < policy::kMostErrors)
      result_.errors.push_back({Error::Code::Invalid, std::move(message), line_of(at)});
  }

  // Once for each: whoever says two things of one object means one of them.
  bool is_new(json::Value at, const model::ObjectId& id) {
    const std::string key = fmt::format("{}\n{}\n{}\n{}", id.kind, id.group(), id.ns, id.name);
    const auto [entry, is_first] = lines_.emplace(key, line_of(at));
    if (!is_first)
      add_error(at, fmt::format("{} stands in line {} already", id.display(), entry->second));
    return is_first;
  }

  void read_secret(json::Value entry) {
    std::map<std::string, std::string> words;
    for (const auto& [key, word, node] : entry["keys"].members())
      words.emplace(std::string(key), std::string(word.text()));
    const model::ObjectId id{.api_version = "v1",
                             .kind = "Secret",
                             .ns = std::string(entry["namespace"].text()),
                             .name = std::string(entry["name"].text())};
    if (is_new(entry, id))
      result_.facts.known.secrets.push_back(model::SecretFacts::known(id, words));
  }

  void read_absent(json::Value entry) {
    const std::string_view kind = entry["kind"].text();
    const bool is_cluster_wide = kind == kWithoutNamespace;
    const model::ObjectId id{.api_version = is_cluster_wide ? "storage.k8s.io/v1" : "v1",
                             .kind = std::string(kind),
                             .ns = std::string(entry["namespace"].text()),
                             .name = std::string(entry["name"].text())};
    if (id.ns.empty() != is_cluster_wide) {
      add_error(entry, is_cluster_wide ? "a StorageClass has no namespace"
                                       : fmt::format("which namespace is the {} absent from? The "
                                                     "field namespace is missing",
                                                     kind));
    } else if (is_new(entry, id)) {
      result_.facts.known.absent.push_back(id);
    }
  }

  void read_object(json::Value value) {
    if (manifest::is_list(value)) {
      for (const json::Value item : value["items"].elements()) read_object(item);
      return;
    }
    const bool is_object = !value["apiVersion"].text().empty() && !value["kind"].text().empty() &&
                           !value["metadata"]["name"].text().empty();
    if (!is_object)
      return add_error(value, "want an object with apiVersion, kind and metadata.name");
    model::Object object(document_, value);
    if (object.kind() == "Secret" && object.id().group().empty()) {
      return add_error(value, object.id().display() +
                                  " belongs under secrets, with a word for each key: values have "
                                  "no place in this file");
    }
    if (is_new(value, object.id())) result_.facts.known.objects.push_back(std::move(object));
  }

  const yaml::Document& yaml_;
  std::shared_ptr<const json::Document> document_;
  std::map<std::string, int> lines_;
  ParsedFacts result_;
};

}  // namespace

const Shape& facts_shape() { return kFacts; }

ParsedFacts parse_facts(std::string_view text) {
  ParsedFacts result;
  const auto documents = yaml::read(text);
  for (const yaml::Document& document : documents) {
    if (document.error) result.errors.push_back(*document.error);
  }
  if (!result.errors.empty()) return result;
  if (documents.size() != 1) {
    const bool is_empty = documents.empty();
    result.errors.push_back({Error::Code::Invalid,
                             fmt::format("{}, want one with kind: Facts",
                                         is_empty ? "the file is empty" : "a second document"),
                             is_empty ? 1 : documents[1].line});
    return result;
  }
  auto parsed = json::Document::parse(documents[0].json);
  if (!parsed) {
    result.errors.push_back({Error::Code::Invalid, parsed.error().message, documents[0].line});
    return result;
  }
  const auto document = std::make_shared<const json::Document>(std::move(*parsed));
  result.errors = policy::problems_of(*document, documents[0].marks, kFacts);
  return result.errors.empty() ? Reading(documents[0], document).run() : result;
}

}  // namespace pxguard::cli
