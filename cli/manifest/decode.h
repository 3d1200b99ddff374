// From a text to the objects in it.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/manifest/text.h"
#include "rules/model/object.h"

namespace pxguard::manifest {

// "List" itself, and lists of one kind as the API server gives them.
[[nodiscard]] bool is_list(json::Value root);

class Decoder {
 public:
  // Namespaced objects without a namespace get this one; "" leaves them unset.
  explicit Decoder(std::string default_namespace)
      : default_namespace_(std::move(default_namespace)) {}

  void decode(const Text& text);
  // Values for the chart portworx: one document without apiVersion and kind.
  void decode_values(const Text& text);

  // Objects do not move while more are decoded.
  std::deque<model::Object> objects;
  std::vector<Skipped> skipped;
  std::vector<Problem> problems;

 private:
  enum class As { Objects, Values };
  void decode(const Text& text, As as);
  void add_document(const std::string& file, As as, std::string json, std::vector<yaml::Mark> marks,
                    int line);
  void add(const std::shared_ptr<const json::Document>& document, json::Value root,
           const std::shared_ptr<const model::Source>& source);

  std::string default_namespace_;
  std::size_t without_identity_ = 0;  // documents of the current text
};

}  // namespace pxguard::manifest
