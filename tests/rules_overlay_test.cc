// The object under review in the view that it is judged in.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "cli/manifest/manifest_set.h"
#include "rules/apply.h"
#include "tests/support/objects.h"

namespace pxguard::rules {
namespace {

constexpr std::string_view kPortworx =
    "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: portworx, namespace: kube-system}\n"
    "spec: {template: {spec: {containers: [{name: portworx, image: portworx/oci-monitor:3.1.0, "
    "args: [-c, px]}]}}}\n---\n";

std::string stork(std::string_view driver, std::string_view tag) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: stork, namespace: kube-system}\n"
         "spec: {template: {spec: {containers: [{name: stork, image: \"openstorage/stork:" +
         std::string(tag) + "\", command: [/stork, --driver=" + std::string(driver) + "]}]}}}\n";
}

std::string secret(std::string_view name, std::string_view key) {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + std::string(name) +
         ", namespace: kube-system}\nstringData: {" + std::string(key) + ": canary-1}\n";
}

// A cluster as the view has it.
manifest::ManifestSet cluster(const std::string& text) {
  return manifest::ManifestSet({{.file = "cluster.yaml", .content = text}},
                               {.absence = manifest::Absence::Known});
}

// The tags of the Storks that work with the Portworx of the view while `reviewed` is judged.
std::string storks_beside(const std::string& reviewed, Moment moment) {
  const auto view = cluster(std::string(kPortworx) + stork("pxd", "23.1.0"));
  const model::Object object = test::object(reviewed);
  const Views views(object, view);
  const Overlay overlay(view, views, moment);
  std::string tags;
  for (const model::StorkConfig* one : overlay.storks(view.objects().front()).configs)
    tags.append(model::image_tag(one->image())).append(" ");
  return tags;
}

}  // namespace

TEST_CASE("a Stork under review stands for its version in the view") {
  CHECK(storks_beside(stork("pxd", "24.3.0"), Moment::Admission) == "24.3.0 ");
}

TEST_CASE("a Stork that is about to leave Portworx is none of its Storks any more") {
  CHECK(storks_beside(stork("gce", "24.3.0"), Moment::Admission).empty());
  CHECK(storks_beside(stork("$(DRIVER)", "24.3.0"), Moment::Admission).empty());
}

TEST_CASE("in a report two objects of one name are two: files may hold several clusters") {
  CHECK(storks_beside(stork("pxd", "24.3.0"), Moment::Report) == "23.1.0 ");
}

TEST_CASE("what depends on Portworx includes the object under review as it will be") {
  const auto view = cluster(std::string(kPortworx) + stork("pxd", "23.1.0"));
  const model::Object object = test::object(stork("pxd", "24.3.0"));
  const Views views(object, view);
  const auto before = view.dependents(view.objects().front()).objects;
  const auto after =
      Overlay(view, views, Moment::Admission).dependents(view.objects().front()).objects;
  CHECK(std::count(before.begin(), before.end(), &object) == 0);
  CHECK(std::count(after.begin(), after.end(), &object) == 1);
  CHECK(after.size() == before.size());
}

TEST_CASE(
    "a Secret under review is found with the keys that it will have, and others as they are") {
  const auto view = cluster(secret("pxkeys", "old-key") + "---\n" + secret("other", "old-key"));
  const model::Object object = test::object(secret("pxkeys", "new-key"));
  const Views views(object, view);
  const Overlay overlay(view, views, Moment::Admission);
  const auto key = [&](std::string_view name) {
    return overlay.secret(object, "kube-system", name).get()->keys().begin()->first;
  };
  CHECK(key("pxkeys") == "new-key");
  CHECK(key("other") == "old-key");
  CHECK(overlay.object(object, "Secret", "kube-system", "pxkeys").get() == &object);
}

}  // namespace pxguard::rules
