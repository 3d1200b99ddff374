// AdmissionReview v1, as it arrives.
//
// Lifetime: owns everything. Threads: any number may read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rules/model/object.h"
#include "rules/rule.h"

namespace pxguard::webhook {

struct Review {
  std::string uid;
  rules::Operation operation = rules::Operation::Create;
  std::string kind;  // of the resource that is written
  std::string subresource;
  std::string user;
  bool dry_run = false;
  std::optional<model::Object> object;  // null on DELETE
  std::optional<model::Object> old_object;

  // What is judged: the object, or on DELETE the one that goes.
  [[nodiscard]] const model::Object& subject() const { return object ? *object : *old_object; }
};

// The error says what is missing or wrong, in words that an API server's log may show.
Result<Review> parse_review(std::string_view body);

}  // namespace pxguard::webhook
