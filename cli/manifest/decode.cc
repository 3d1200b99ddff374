#include "cli/manifest/decode.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "base/wiped.h"
#include "base/yaml.h"
#include "cli/manifest/cluster_scope.h"
#include "rules/model/helm_values.h"

namespace pxguard::manifest {
bool is_list(json::Value root) {
  return root["kind"].text().ends_with("List") && root["items"].is_array();
}

void Decoder::decode(const Text& text) { decode(text, As::Objects); }

void Decoder::decode_values(const Text& text) { decode(text, As::Values); }

void Decoder::decode(const Text& text, As as) {
  without_identity_ = 0;
  for (yaml::Document& document : yaml::read(text.content)) {
    if (document.error) {
      problems.push_back({text.file, document.error->line, document.error->message});
    } else if (!document.json.empty()) {
      add_document(text.file, as, std::move(document.json), std::move(document.marks),
                   document.line);
    }
  }
  if (without_identity_ == 0) return;
  const std::string documents =
      without_identity_ == 1 ? "a document" : fmt::format("{} documents", without_identity_);
  skipped.push_back(
      {text.file, documents + " without apiVersion and kind: no object of Kubernetes"});
}

void Decoder::add_document(const std::string& file, As as, std::string json,
                           std::vector<yaml::Mark> marks, int line) {
  auto parsed = json::Document::parse(json);
  wipe(json);
  if (!parsed) {
    problems.push_back({file, line, parsed.error().message});
    return;
  }
  const auto document = std::make_shared<const json::Document>(std::move(*parsed));
  const auto source = std::make_shared<const model::Source>(model::Source{file, std::move(marks)});
  if (as == As::Objects) return add(document, document->root(), source);
  objects.emplace_back(document, document->root(), source)
      .replace_identity(model::HelmValues::identity());
}

void Decoder::add(const std::shared_ptr<const json::Document>& document, json::Value root,
                  const std::shared_ptr<const model::Source>& source) {
  if (is_list(root)) {
    for (const json::Value item : root["items"].elements()) add(document, item, source);
    return;
  }
  if (root["apiVersion"].text().empty() || root["kind"].text().empty()) {
    ++without_identity_;
    return;
  }
  model::Object& object = objects.emplace_back(document, root, source);
  if (!is_cluster_scoped(object.id())) object.complete_identity(default_namespace_, "");
}

}  // namespace pxguard::manifest
