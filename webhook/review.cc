#include "webhook/review.h"

#include <utility>

#include "base/text.h"

namespace pxguard::webhook {
namespace {

// No rule asks who wrote which field.
constexpr std::string_view kNeverAsked = "managedFields";

Error malformed(std::string what) {
  return {Error::Code::Invalid, "not an AdmissionReview: " + std::move(what)};
}

std::optional<rules::Operation> operation_of(std::string_view word) {
  if (word == "CREATE") return rules::Operation::Create;
  if (word == "UPDATE") return rules::Operation::Update;
  if (word == "DELETE") return rules::Operation::Delete;
  if (word == "CONNECT") return rules::Operation::Connect;
  return std::nullopt;
}

// An object of a review has its kind in the object; where a strange client left it out, the
// request says it.
std::optional<model::Object> read_object(const std::shared_ptr<const json::Document>& document,
                                         json::Value value, json::Value request) {
  if (!value.is_object()) return std::nullopt;
  model::Object object(document, value);
  object.complete_identity(request["namespace"].text(), request["name"].text());
  return object;
}

}  // namespace

Result<Review> parse_review(std::string_view body) {
  auto parsed = json::Document::parse(body, kNeverAsked);
  if (!parsed) return parsed.error();
  const auto document = std::make_shared<const json::Document>(std::move(parsed).value());
  const json::Value root = document->root();
  if (!root.is_object()) return malformed("it is " + std::string(to_string(root.kind())));
  if (root["kind"].text() != "AdmissionReview") return malformed("kind is not AdmissionReview");
  if (root["apiVersion"].text() != "admission.k8s.io/v1") {
    return malformed("apiVersion is \"" + printable(root["apiVersion"].text(), 40) +
                     "\", want admission.k8s.io/v1");
  }
  const json::Value request = root["request"];
  if (!request.is_object()) return malformed("request is missing");
  Review review;
  review.uid = request["uid"].text();
  if (review.uid.empty()) return malformed("request.uid is missing");
  const auto operation = operation_of(request["operation"].text());
  if (!operation)
    return malformed("request.operation is \"" + printable(request["operation"].text(), 40) + '"');
  review.operation = *operation;
  review.kind = request["kind"]["kind"].text();
  review.subresource = request["subResource"].text();
  review.user = request["userInfo"]["username"].text();
  review.dry_run = request["dryRun"].boolean_or(false);
  review.object = read_object(document, request["object"], request);
  review.old_object = read_object(document, request["oldObject"], request);
  const bool has_subject = review.operation == rules::Operation::Delete
                               ? review.old_object.has_value()
                               : review.object.has_value();
  if (!has_subject) {
    return malformed(review.operation == rules::Operation::Delete ? "request.oldObject is missing"
                                                                  : "request.object is missing");
  }
  if (review.operation == rules::Operation::Delete) review.object.reset();
  return review;
}

}  // namespace pxguard::webhook
