// The view alone at the size of a large cluster: 1,000 nodes with a Pod of Portworx each, 10,000
// claims, 500 StorageClasses and 500 ClusterPairs. Prints how long it takes to take all of them in,
// to make a snapshot after one change, to review a Stork with it, and what it holds in memory.
//
// usage: bench_view [CHANGES]
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "cluster/clock.h"
#include "cluster/lister.h"
#include "cluster/review_view.h"
#include "cluster/snapshot.h"
#include "cluster/store.h"
#include "webhook/admit.h"

namespace {

using namespace pxguard;
using Clock = std::chrono::steady_clock;

constexpr int kNodes = 1000;
constexpr int kClaims = 10'000;
constexpr int kClasses = 500;
constexpr int kPairs = 500;

double milliseconds(Clock::time_point since) {
  return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
}

double megabytes_held() {
  std::ifstream file("/proc/self/statm");
  long whole = 0;
  long resident = 0;
  file >> whole >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

constexpr std::string_view kAgent =
    R"("containers":[{"name":"portworx","image":"portworx/oci-monitor:3.1.0","imagePullPolicy":"Always","args":["-c","px-prod","-a","-secret_type","k8s","-x","kubernetes","-jwt_issuer","portworx.com"],"env":[{"name":"PORTWORX_AUTH_SYSTEM_KEY","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"system-secret"}}},{"name":"PORTWORX_AUTH_SYSTEM_APPS_KEY","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"apps-secret"}}},{"name":"PORTWORX_AUTH_JWT_ISSUER","value":"portworx.com"}],"volumeMounts":[{"name":"etcpwx","mountPath":"/etc/pwx"}]}],"volumes":[{"name":"etcpwx","hostPath":{"path":"/etc/pwx"}}])";
constexpr std::string_view kStorkSpec =
    R"("containers":[{"name":"stork","image":"openstorage/stork:24.3.0","command":["/stork","--driver=pxd"],"env":[{"name":"PX_SHARED_SECRET","valueFrom":{"secretKeyRef":{"name":"pxkeys","key":"apps-secret"}}},{"name":"PX_JWT_ISSUER","value":"apps.portworx.io"}]}])";

std::string daemon_set(int generation) {
  return fmt::format(
      R"({{"metadata":{{"name":"portworx","namespace":"kube-system","labels":{{"generation":"{}"}}}},"spec":{{"template":{{"spec":{{{}}}}}}}}})",
      generation, kAgent);
}
std::string stork() {
  return fmt::format(
      R"({{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"stork","namespace":"kube-system"}},"spec":{{"template":{{"spec":{{{}}}}}}}}})",
      kStorkSpec);
}
std::string pod(int node) {
  return fmt::format(
      R"({{"metadata":{{"name":"portworx-{}","namespace":"kube-system","ownerReferences":[{{"apiVersion":"apps/v1","kind":"DaemonSet","name":"portworx","controller":true}}]}},"spec":{{{}}},"status":{{"phase":"Running","startTime":"2026-01-01T00:00:00Z"}}}})",
      node, kAgent);
}
std::string claim(int number) {
  return fmt::format(
      R"({{"metadata":{{"name":"data-{0}","namespace":"team-{1}","annotations":{{"volume.kubernetes.io/storage-provisioner":"pxd.portworx.com","openstorage.io/auth-secret-name":"px-k8s-user","openstorage.io/auth-secret-namespace":"team-{1}"}}}},"spec":{{"accessModes":["ReadWriteOnce"],"storageClassName":"px-{2}","volumeName":"pvc-{0}","resources":{{"requests":{{"storage":"10Gi"}}}}}},"status":{{"phase":"Bound"}}}})",
      number, number % 200, number % kClasses);
}
std::string storage_class(int number) {
  return fmt::format(
      R"({{"metadata":{{"name":"px-{}"}},"provisioner":"pxd.portworx.com","parameters":{{"repl":"3","csi.storage.k8s.io/provisioner-secret-name":"px-k8s-user","csi.storage.k8s.io/provisioner-secret-namespace":"${{pvc.namespace}}"}}}})",
      number);
}
std::string cluster_pair(int number) {
  return fmt::format(
      R"({{"metadata":{{"name":"pair-{}","namespace":"team-{}"}},"spec":{{"options":{{"ip":"10.0.0.1","port":"9001","token":"{}"}}}}}})",
      number, number % 200, std::string(128, 'a'));
}

cluster::Wanted wanted(std::string group, std::string plural, std::string kind,
                       cluster::Reading reading) {
  return {.resource = {.group = std::move(group), .plural = std::move(plural), .kind = kind},
          .reading = reading};
}

const std::vector<cluster::Wanted> kKinds = {
    wanted("apps", "daemonsets", "DaemonSet", cluster::Reading::Watched),
    wanted("apps", "deployments", "Deployment", cluster::Reading::Watched),
    wanted("storage.k8s.io", "storageclasses", "StorageClass", cluster::Reading::Watched),
    wanted("", "persistentvolumeclaims", "PersistentVolumeClaim", cluster::Reading::Listed),
    wanted("stork.libopenstorage.org", "clusterpairs", "ClusterPair", cluster::Reading::Listed),
    wanted("", "pods", "Pod", cluster::Reading::Beside)};

json::Document parsed(const std::string& text) {
  auto document = json::Document::parse(text);
  if (!document) std::exit(2);
  return std::move(document).value();
}

template <class Make>
void take_in(cluster::Store& store, std::size_t kind, int count, const Make& make) {
  cluster::Harvest harvest;
  for (int i = 0; i < count; ++i) {
    const json::Document document = parsed(make(i));
    harvest.take(document.root(), kKinds[kind].resource, store.interest());
  }
  harvest.namespaces = {"kube-system"};
  store.replace(kKinds[kind].resource, std::move(harvest));
}

std::string review_of_stork() {
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","kind":{"kind":"Deployment"},"namespace":"kube-system","name":"stork","userInfo":{"username":"ada"},"object":)" +
         stork() + "}}";
}
std::string review_of_portworx() {
  std::string object = daemon_set(1);
  object.insert(1, R"("apiVersion":"apps/v1","kind":"DaemonSet",)");
  return R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","kind":{"kind":"DaemonSet"},"namespace":"kube-system","name":"portworx","userInfo":{"username":"ada"},"object":)" +
         object + "}}";
}

void measure_review(const std::shared_ptr<const cluster::Snapshot>& snapshot, std::string_view what,
                    const std::string& body, int times) {
  const policy::Policy policy = policy::Policy::defaults();
  const auto begin = Clock::now();
  for (int i = 0; i < times; ++i) {
    const cluster::ReviewView view(snapshot, {.now = cluster::view_time()});
    if (webhook::admit(body, policy, view, std::chrono::system_clock::now()).http_status != 200)
      std::exit(2);
  }
  std::cout << "a review of " << what << ": " << milliseconds(begin) / times << " ms\n";
}

}  // namespace

int main(int count, char** words) {
  const int changes = count > 1 ? std::atoi(words[1]) : 100;
  const double empty = megabytes_held();
  cluster::Store store;
  store.set_kinds(kKinds);
  auto begin = Clock::now();
  take_in(store, 0, 1, daemon_set);
  take_in(store, 1, 1, [](int) { return stork(); });
  take_in(store, 2, kClasses, storage_class);
  take_in(store, 3, kClaims, claim);
  take_in(store, 4, kPairs, cluster_pair);
  take_in(store, 5, kNodes, pod);
  std::cout << "taken in: " << milliseconds(begin) << " ms\n";
  begin = Clock::now();
  auto snapshot = std::make_shared<const cluster::Snapshot>(store.contents());
  std::cout << "the first snapshot: " << milliseconds(begin) << " ms, of "
            << snapshot->objects().size() << " objects\n"
            << "held: " << megabytes_held() - empty << " MB\n";

  const auto sink = store.sink(kKinds[0].resource);
  const auto claims = store.sink(kKinds[3].resource);
  double watched = 0;
  double listed = 0;
  for (int i = 0; i < changes; ++i) {
    const json::Document next = parsed(daemon_set(i + 1));
    sink->put(next.root());
    begin = Clock::now();
    snapshot = std::make_shared<const cluster::Snapshot>(store.contents());
    watched += milliseconds(begin);
    const json::Document other = parsed(claim(kClaims + i));
    claims->put(other.root());
    begin = Clock::now();
    snapshot = std::make_shared<const cluster::Snapshot>(store.contents());
    listed += milliseconds(begin);
  }
  std::cout << "a snapshot after a change of Portworx: " << watched / changes << " ms\n"
            << "a snapshot after a change of one of the claims: " << listed / changes << " ms\n"
            << "held after all changes: " << megabytes_held() - empty << " MB\n";
  measure_review(snapshot, "Stork", review_of_stork(), changes);
  measure_review(snapshot, "Portworx", review_of_portworx(), changes);
}
