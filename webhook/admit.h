// One admission request, from the bytes that arrive to the bytes that answer it: pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/model/cluster_view.h"
#include "rules/policy/policy.h"

namespace pxguard::webhook {

// For the log line and the metrics: names, never content.
struct Summary {
  std::string uid;
  std::string operation;  // CREATE, UPDATE, DELETE, CONNECT
  std::string kind;
  std::string object;  // "DaemonSet kube-system/portworx"
  model::ObjectId id;
  std::string object_uid;  // "" of what is only being made
  bool allowed = true;
  bool dry_run = false;
  std::string denied_by;  // of a denial: "PXS202 Stork and Portworx use different keys; PXS..."
  std::vector<std::string> rules;                             // ids, sorted, each once
  std::vector<std::pair<std::string, std::string>> findings;  // rule id, action
  std::vector<std::string> exceptions_used;                   // rule ids
  std::optional<std::chrono::seconds> view_age;               // where the view was asked
};

// "CREATE", as an AdmissionReview has it.
std::string_view to_string(rules::Operation operation);

struct Admitted {
  int http_status = 200;  // 400: `body` is a sentence about what is wrong with the request
  std::string body;       // AdmissionReview v1 with the response
  Summary summary{};
};

Admitted admit(std::string_view body, const policy::Policy& policy, const model::ClusterView& view,
               std::chrono::system_clock::time_point now);

}  // namespace pxguard::webhook
