// What rules say of a repair is tried on every example: the patch is applied, and everything is
// judged again.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"
#include "rules/catalogue.h"
#include "rules/json_patch.h"
#include "tests/support/examples.h"

namespace pxguard::rules {
namespace {

using test::Example;
using test::examples;
using test::Found;
using test::judge;
using test::objects_of;

json::Document document(const std::string& text) { return json::Document::parse(text).value(); }

// The file with one object changed.
Example with(const Example& example, std::size_t position, const std::string& object) {
  Example changed = example;
  std::vector<std::string> objects = objects_of(example);
  objects.at(position) = object;
  changed.text.clear();
  for (const std::string& text : objects) changed.text += "---\n" + text + '\n';
  return changed;
}

using Faults = std::map<std::string, Severity>;

// Errors and warnings; infos say what somebody may want to know.
Faults faults(const Example& example) {
  Faults all;
  for (const Found& found : judge(example).findings) {
    if (found.severity != Severity::Info) all.emplace(found.fault, found.severity);
  }
  return all;
}

std::string mended(const Example& example, const Found& found) {
  const json::Document before = document(objects_of(example).at(found.position));
  const auto patch = compose(found.repair.edits, before.root());
  if (!patch) return "not composed: " + patch.error().message;
  const auto parsed = parse_patch(to_json(*patch));
  REQUIRE(parsed.has_value());
  return apply_patch(*parsed, before.root()).value();
}

TEST_CASE("a repair leaves nothing of its finding, and makes none that is as bad") {
  std::map<std::string, int> repaired;
  std::set<std::string> weaker;  // findings that were out of reach before
  for (const Example& example : examples()) {
    const auto before = faults(example);
    for (const Found& found : judge(example).findings) {
      if (found.repair.empty() || found.repair.use == Repair::Use::Request) continue;
      CAPTURE(example.file);
      CAPTURE(found.shown());
      const std::string object = mended(example, found);
      CAPTURE(object);
      REQUIRE(object.starts_with('{'));
      const Example after = with(example, found.position, object);
      for (const Found& left : judge(after).findings) CHECK(left.fault != found.fault);
      for (const auto& later : faults(after)) {
        const std::string& fault = later.first;
        if (before.contains(fault)) continue;
        CAPTURE(fault);
        CHECK(later.second < found.severity);
        weaker.insert(found.rule + " then " + fault.substr(0, fault.find(' ')));
      }
      ++repaired[found.rule];
    }
  }
  CHECK(repaired.size() == 35);
  CHECK(weaker ==
        std::set<std::string>{"PXS112 then PXS301", "PXS509 then PXS504", "PXS905 then PXS505"});
}

TEST_CASE("repairs of two findings are one patch in either order, or are refused in both") {
  for (const Example& example : examples()) {
    const auto objects = objects_of(example);
    const auto findings = judge(example).findings;
    for (const Found& a : findings) {
      for (const Found& b : findings) {
        if (a.position != b.position || a.repair.empty() || b.repair.empty()) continue;
        CAPTURE(example.file);
        const json::Document object = document(objects.at(a.position));
        std::vector<Edit> forth = a.repair.edits;
        forth.insert(forth.end(), b.repair.edits.begin(), b.repair.edits.end());
        std::vector<Edit> back = b.repair.edits;
        back.insert(back.end(), a.repair.edits.begin(), a.repair.edits.end());
        const auto one = compose(forth, object.root());
        const auto other = compose(back, object.root());
        REQUIRE(one.has_value() == other.has_value());
        if (one) CHECK(to_json(*one) == to_json(*other));
      }
    }
  }
}

bool is_automatic(const Found& found) {
  return !found.repair.empty() && found.repair.use != Repair::Use::Request;
}

TEST_CASE("what was repaired is not repaired again") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    Example current = example;
    constexpr int kMostRounds = 4;
    int rounds = 0;
    for (bool is_changed = true; is_changed && rounds < kMostRounds; ++rounds) {
      is_changed = false;
      for (const Found& found : judge(current).findings) {
        if (!is_automatic(found)) continue;
        current = with(current, found.position, mended(current, found));
        is_changed = true;
        break;
      }
    }
    for (const Found& found : judge(current).findings) {
      CAPTURE(found.shown());
      CHECK_FALSE(is_automatic(found));
    }
  }
}

TEST_CASE("no repair holds a secret") {
  for (const Example& example : examples()) {
    CAPTURE(example.file);
    for (const Found& found : judge(example).findings) {
      for (const Edit& edit : found.repair.edits)
        CHECK(lower(edit.value).find("canary") == std::string::npos);
    }
  }
}

std::string patch_of(const Example& example, std::string_view rule) {
  for (const Found& found : judge(example).findings) {
    if (found.rule != rule) continue;
    const json::Document object = document(objects_of(example).at(found.position));
    const auto patch = compose(found.repair.edits, object.root());
    return patch ? to_json(*patch) : patch.error().message;
  }
  return "no finding";
}

constexpr std::string_view kPortworx = R"(
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
        - name: portworx
          image: portworx/oci-monitor:3.1.0
          args: ["-c", "px", "-jwt_issuer", "example.com"]
          env:
)";

TEST_CASE("the system key is added from the Secret that the policy names, and from no other") {
  Example example;
  example.text = std::string(kPortworx) +
                 "            - {name: PORTWORX_AUTH_JWT_SHAREDSECRET, valueFrom: "
                 "{secretKeyRef: {name: my-keys, key: shared-secret}}}\n";
  CHECK(patch_of(example, "PXS101") == "[]");
  example.settings.key_secrets = {"my-keys"};
  CHECK(patch_of(example, "PXS101") ==
        R"([{"op":"add","path":"/spec/template/spec/containers/0/env/-","value":)"
        R"({"name":"PORTWORX_AUTH_SYSTEM_KEY","valueFrom":{"secretKeyRef":)"
        R"({"name":"my-keys","key":"system-secret"}}}}])");
}

TEST_CASE("a crossed key is pointed at the right one only where that is in view") {
  Example example;
  example.text = std::string(kPortworx) +
                 "            - {name: PORTWORX_AUTH_SYSTEM_KEY, valueFrom: "
                 "{secretKeyRef: {name: pxkeys, key: stork-secret}}}\n";
  CHECK(patch_of(example, "PXS108") == "[]");
  example.text +=
      "---\napiVersion: v1\nkind: Secret\nmetadata: {name: pxkeys, namespace: kube-system}\n"
      "stringData: {system-secret: canary-system, stork-secret: canary-stork}\n";
  CHECK(patch_of(example, "PXS108") ==
        R"([{"op":"test","path":"/spec/template/spec/containers/0/env/0/name","value":)"
        R"("PORTWORX_AUTH_SYSTEM_KEY"},{"op":"replace","path":"/spec/template/spec/containers/0)"
        R"(/env/0/valueFrom/secretKeyRef/key","value":"system-secret"}])");
}

TEST_CASE("Stork follows what Portworx reads, wherever its Secret is") {
  const auto patch_with = [](const std::string& key, const std::string& ns) {
    Example example;
    example.text =
        std::string(kPortworx) +
        "            - {name: PORTWORX_AUTH_SYSTEM_APPS_KEY, valueFrom: "
        "{secretKeyRef: {name: pxkeys, key: " +
        key +
        "}}}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stork, namespace: " +
        ns +
        "}\nspec: {template: {spec: {containers: [{name: stork, image: openstorage/stork:24.3.0, "
        "command: [/stork, --driver=pxd], "
        "env: [{name: PX_JWT_ISSUER, value: apps.portworx.io}, {name: PX_SHARED_SECRET, valueFrom: "
        "{secretKeyRef: {name: pxkeys, key: "
        "shared-secret}}}]}]}}}\n";
    return patch_of(example, "PXS108");
  };
  CHECK(patch_with("stork-secret", "kube-system").find(R"("value":"stork-secret")") !=
        std::string::npos);
  CHECK(patch_with("apps", "kube-system") == "[]");
  CHECK(patch_with("stork-secret", "stork") == "[]");
}

}  // namespace
}  // namespace pxguard::rules
