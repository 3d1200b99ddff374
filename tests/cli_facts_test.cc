// check --facts: what is known of a cluster beside the manifests, as a file.
#include "cli/facts.h"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "cli/check.h"
#include "rules/policy/policy_reader.h"
#include "tests/support/folder.h"
#include "tests/support/schema.h"

namespace pxguard::cli {
namespace {

constexpr std::string_view kHead = "apiVersion: pxguard.io/v1alpha1\nkind: Facts\n";

std::string facts_with(std::string_view rest) { return std::string(kHead) + std::string(rest); }

// "3: secrets: ..." a line, as a person would see them.
std::string errors_of(std::string_view text) {
  std::string result;
  for (const Error& error : parse_facts(text).errors) {
    if (!result.empty()) result += '\n';
    result += std::to_string(error.line) + ": " + error.message;
  }
  return result;
}

Facts parsed(std::string_view rest) {
  ParsedFacts result = parse_facts(facts_with(rest));
  for (const Error& error : result.errors) FAIL_CHECK(error.line, ": ", error.message);
  return std::move(result.facts);
}

struct Outcome {
  int status = 0;
  nlohmann::json report{};
  std::string err{};

  [[nodiscard]] std::string unverified() const { return report["unverified"].dump(); }
};

// The manifests lie in a folder of their own, the facts beside it.
class Cluster {
 public:
  explicit Cluster(std::string_view facts) { folder_.put("facts.yaml", facts_with(facts)); }

  Cluster& put(const std::string& name, std::string_view text) {
    folder_.put("files/" + name, text);
    return *this;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path(name); }

  [[nodiscard]] Outcome check(CheckOptions options = {}) const {
    if (options.paths.empty()) options.paths = {folder_.path("files")};
    options.delivery.formats = {"json"};
    options.facts = folder_.path("facts.yaml");
    std::ostringstream out;
    std::ostringstream err;
    const int status = cli::check(options, {.out = out, .err = err, .now = {}});
    return {status, nlohmann::json::parse(out.str(), nullptr, false), err.str()};
  }

 private:
  test::Folder folder_;
};

// "PXS901 error " for each finding but infos, in the order of the report.
std::string findings(const Outcome& outcome) {
  std::string found;
  for (const auto& finding : outcome.report["findings"]) {
    if (finding["severity"] == "info") continue;
    found += finding["rule"].get<std::string>() + ' ' + finding["severity"].get<std::string>() +
             ' ' + finding["object"]["name"].get<std::string>() + '\n';
  }
  return found;
}

// Stork with another Secret than that of the StorageCluster; by facts or files they are the same.
constexpr std::string_view kStork = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: stork, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: stork
        image: openstorage/stork:24.3.0
        command: [/stork, --driver=pxd]
        env:
        - {name: PX_JWT_ISSUER, value: apps.portworx.io}
        - name: PX_SHARED_SECRET
          valueFrom: {secretKeyRef: {name: stork-key, key: secret}}
)";

constexpr std::string_view kPortworx = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: portworx, namespace: kube-system}
spec:
  template:
    spec:
      containers:
      - name: portworx
        image: portworx/oci-monitor:3.1.0
        args: [-c, cluster]
        env:
        - name: PORTWORX_AUTH_SYSTEM_KEY
          valueFrom: {secretKeyRef: {name: pxkeys, key: system-secret}}
        - name: PORTWORX_AUTH_SYSTEM_APPS_KEY
          valueFrom: {secretKeyRef: {name: pxkeys, key: stork-secret}}
)";

std::string secrets(std::string_view apps, std::string_view stork) {
  return "secrets:\n"
         "- {namespace: kube-system, name: pxkeys, keys: {system-secret: a, stork-secret: " +
         std::string(apps) + "}}\n" +
         (stork.empty() ? ""
                        : "- {namespace: kube-system, name: stork-key, keys: {secret: " +
                              std::string(stork) + "}}\n");
}

constexpr std::string_view kClass = R"(apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: px-open}
provisioner: pxd.portworx.com
)";

constexpr std::string_view kGuestsRefused =
    "objects:\n"
    "- apiVersion: core.libopenstorage.org/v1\n"
    "  kind: StorageCluster\n"
    "  metadata: {name: px, namespace: portworx}\n"
    "  spec: {image: 'portworx/oci-monitor:3.1.0', security: {enabled: true, auth: {guestAccess: "
    "Disabled}}}\n";

}  // namespace

// --- the format --------------------------------------------------------------------------------

TEST_CASE("facts have versions, Secrets, what is absent, and other objects") {
  const Facts facts =
      parsed(R"(versions: {kubernetes: v1.31.4-eks-1, portworx: "3.1.0", stork: 24.3.0}
secrets:
- {namespace: portworx, name: px-system-secrets, keys: {system-secret: a, apps-secret: b}}
- {namespace: portworx, name: empty, keys: {}}
absent:
- {kind: Secret, namespace: portworx, name: px-admin-token}
- {kind: StorageClass, name: px-db}
objects:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: b}, data: {k: v}}
)");
  CHECK(facts.kubernetes == model::Version{1, 31, 4});
  CHECK(facts.portworx == model::Version{3, 1, 0});
  CHECK(facts.stork == model::Version{24, 3, 0});
  REQUIRE(facts.known.secrets.size() == 2);
  CHECK(facts.known.secrets[0].id() ==
        model::ObjectId{"v1", "Secret", "portworx", "px-system-secrets"});
  CHECK(facts.known.secrets[0].keys().size() == 2);
  CHECK(facts.known.secrets[1].keys().empty());
  REQUIRE(facts.known.absent.size() == 2);
  CHECK(facts.known.absent[1].name == "px-db");
  REQUIRE(facts.known.objects.size() == 1);
  CHECK(facts.known.objects[0].id().ns == "b");
}

TEST_CASE("facts that say nothing are facts, and JSON is as good as YAML") {
  CHECK(errors_of(kHead).empty());
  CHECK(errors_of(facts_with("secrets:\nabsent:\nobjects:\nversions:\n")).empty());
  CHECK(
      errors_of(R"({"apiVersion": "pxguard.io/v1alpha1", "kind": "Facts", "absent": []})").empty());
}

TEST_CASE("what kubectl gives as a List is taken as the objects in it") {
  const Facts facts = parsed(R"(objects:
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: a}}
  - {apiVersion: v1, kind: ConfigMapList, items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]}
)");
  REQUIRE(facts.known.objects.size() == 2);
  CHECK(facts.known.objects[1].id().name == "b");
}

TEST_CASE("each mistake is said with its line, what was found and what was wanted") {
  struct Case {
    std::string_view rest;  // from line 3 on
    std::string_view errors;
  };
  const Case cases[] = {
      {"version: {}\n", R"(3: unknown field "version"; did you mean "versions"?)"},
      {"versions: {kubernetes: 1.31}\n",
       R"(3: versions.kubernetes: found a number, want a version as in "1.31.4" (put it in quotes))"},
      {"versions: {portworx: latest}\n",
       R"(3: versions.portworx: found "latest", want a version as in "1.31.4")"},
      {"versions: {px: '3.1'}\n", R"(3: versions: unknown field "px")"},
      {"versions: '3.1'\n", R"(3: versions: found "3.1", want an object)"},
      {"secrets: {}\n", "3: secrets: found an object, want a list"},
      {"secrets: [pxkeys]\n", R"(3: secrets[0]: found "pxkeys", want an object)"},
      {"secrets: [{namespace: a, name: b}]\n", "3: secrets[0]: the field keys is missing"},
      {"secrets: [{namespace: a, name: b, keys: [k]}]\n",
       "3: secrets[0].keys: found a list, want an object"},
      {"secrets: [{namespace: a, name: b, keys: {k: 5}}]\n",
       "3: secrets[0].keys.k: found a number, want a word of at most 16 letters, the same for "
       "equal "
       "values (put it in quotes)"},
      {"secrets: [{namespace: a, name: b, keys: {k: c2VjcmV0LXZhbHVlLW9mLXBvcnR3b3J4}}]\n",
       R"(3: secrets[0].keys.k: found "c2VjcmV0LXZhbHVlLW9mLXBvcnR3b3J4", want a word of at most 16 letters, the same for equal values)"},
      {"secrets: [{namespace: a, name: b, keys: {'k/l': a}}]\n",
       R"(3: secrets[0].keys: found "k/l", want a key of a Secret)"},
      {"secrets: [{namespace: A, name: b, keys: {}}]\n",
       R"(3: secrets[0].namespace: found "A", want the name of a namespace)"},
      {"secrets:\n- {namespace: a, name: b, keys: {}}\n- {namespace: a, name: b, keys: {k: x}}\n",
       "5: Secret a/b stands in line 4 already"},
      {"secrets:\n- {namespace: a, name: b, keys: {}}\nabsent:\n- {kind: Secret, namespace: a, "
       "name: b}\n",
       "6: Secret a/b stands in line 4 already"},
      {"secrets: [{namespace: a, name: b, keys: {k: a, k: b}}]\n",
       R"(3: the key "k" stands twice, in line 3 too)"},
      {"absent: [{kind: Pod, name: b}]\n",
       R"(3: absent[0].kind: found "Pod", want ConfigMap, PersistentVolumeClaim, Secret or StorageClass)"},
      {"absent: [{kind: Secret, name: b}]\n",
       "3: which namespace is the Secret absent from? The field namespace is missing"},
      {"absent: [{kind: StorageClass, namespace: a, name: b}]\n",
       "3: a StorageClass has no namespace"},
      {"objects: [5]\n", "3: want an object with apiVersion, kind and metadata.name"},
      {"objects:\n- {apiVersion: v1, kind: ConfigMap, metadata: {}}\n",
       "4: want an object with apiVersion, kind and metadata.name"},
      {"objects:\n- {apiVersion: v1, kind: Secret, metadata: {name: b, namespace: a}, data: {k: "
       "Y2FuYXJ5}}\n",
       "4: Secret a/b belongs under secrets, with a word for each key: values have no place in "
       "this "
       "file"},
      {"objects:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n- {apiVersion: v1, "
       "kind: ConfigMap, metadata: {name: b}}\n",
       "5: ConfigMap b stands in line 4 already"},
      {"---\na: b\n", "4: a second document, want one with kind: Facts"},
  };
  for (const auto& [rest, errors] : cases) CHECK(errors_of(facts_with(rest)) == errors);
}

TEST_CASE("what are no facts at all is said in one sentence") {
  CHECK(errors_of("") == "1: the file is empty, want one with kind: Facts");
  CHECK(errors_of("# nothing\n") == "1: the file is empty, want one with kind: Facts");
  CHECK(errors_of("just words\n") == "1: found a text, want an object");
  CHECK(errors_of("apiVersion: pxguard.io/v1alpha1\nkind: Policy\n") ==
        R"(2: kind: found "Policy", want Facts)");
  CHECK(parse_facts("a: [\n").errors.size() == 1);
}

TEST_CASE("a file that is too large is refused") {
  const auto errors = parse_facts(std::string(limits::kYamlFile + 1, '#')).errors;
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].code == Error::Code::TooLarge);
}

TEST_CASE("a file of nothing but mistakes is answered in short") {
  std::string text = facts_with("objects:\n");
  for (int i = 0; i < 20'000; ++i) text += "- 5\n";
  CHECK(parse_facts(text).errors.size() <= policy::kMostErrors);
}

TEST_CASE("wrong facts are wrong usage, with the name of the file") {
  Cluster cluster("secret: []\n");
  cluster.put("px.yaml", kPortworx);
  const Outcome outcome = cluster.check();
  CHECK(outcome.status == 2);
  CHECK(outcome.err.find("facts.yaml:3: unknown field \"secret\"") != std::string::npos);
  std::ostringstream out;
  std::ostringstream err;
  CHECK(check({.paths = {cluster.path("files")}, .facts = cluster.path("nosuch")},
              {.out = out, .err = err, .now = {}}) == 2);
  CHECK(err.str().find("the facts cannot be read") != std::string::npos);
}

TEST_CASE("the published JSON Schema is the table of the reader, and is what the page shows") {
  const std::string text = test::schema_text(
      "What is known of a cluster, for pxguard check --facts",
      "Printed from cli/facts.cc. pxguard says more: an object that is spoken of twice, a Secret "
      "with its values, a namespace too many or too few and keys that stand twice are errors.",
      facts_shape());
  test::check_published("docs/facts.schema.json", text);
  test::check_formats(test::formats_of(facts_shape()),
                      {"1.2", "v1.31.4", "vv1.2", "1", "1.2.", "1.2.x", "1.2x", "1.2.3.4", "1.2-",
                       "1.2.3-rc.1", "1.2_3", "123456.1", "1.123456", "1.2.3 4", "1.2-\n",
                       "abcdefghijklmnop", "abcdefghijklmnopq"});
  const auto schema = nlohmann::ordered_json::parse(text);
  CHECK(test::schema_accepts(schema, facts_with("secrets: [{namespace: a, name: b, keys: {}}]\n")));
  for (const std::string_view rest :
       {"versions: {kubernetes: 1.31}\n", "secrets: [{name: b, keys: {}}]\n", "x: 1\n",
        "secrets: [{namespace: a, name: b, keys: {k: abcdefghijklmnopq}}]\n",
        "absent: [{kind: Pod, name: b}]\n"}) {
    CAPTURE(rest);
    CHECK_FALSE(test::schema_accepts(schema, facts_with(rest)));
  }
  const std::string page = test::source_file("docs/check.md");
  test::check_reference(page, facts_shape());
  const auto examples = test::yaml_examples(page);
  CHECK_FALSE(examples.empty());
  for (const std::string& example : examples) {
    CAPTURE(example);
    CHECK(errors_of(example).empty());
  }
}

// --- what they do ------------------------------------------------------------------------------

TEST_CASE("equal words are equal values, and other words are other values") {
  const auto with = [](std::string_view apps, std::string_view stork) {
    Cluster cluster(secrets(apps, stork));
    return cluster.put("px.yaml", kPortworx).put("stork.yaml", kStork).check();
  };
  const Outcome same = with("apps", "apps");
  CHECK(findings(same).empty());
  CHECK(same.unverified().find("PXS202") == std::string::npos);
  const Outcome other = with("apps", "old");
  CHECK(findings(other) == "PXS202 error stork\n");
  CHECK(other.status == 1);
  // The words themselves are nobody's business.
  CHECK(other.report.dump().find("old") == std::string::npos);
}

TEST_CASE("a word and real bytes are neither equal nor different") {
  for (const std::string_view word : {"apps", "canary-of-stork"}) {
    CAPTURE(word);
    Cluster cluster(secrets(word, ""));
    const Outcome outcome = cluster.put("px.yaml", kPortworx)
                                .put("stork.yaml", kStork)
                                .put("key.yaml",
                                     "apiVersion: v1\nkind: Secret\nmetadata: {name: stork-key, "
                                     "namespace: kube-system}\n"
                                     "stringData: {secret: canary-of-stork}\n")
                                .check();
    CHECK(findings(outcome).find("PXS202 error") == std::string::npos);
    CHECK(outcome.unverified().find("PXS202") != std::string::npos);
  }
}

TEST_CASE("a key that facts do not name is not there") {
  Cluster cluster("secrets: [{namespace: kube-system, name: pxkeys, keys: {system-secret: a}}]\n");
  CHECK(findings(cluster.put("px.yaml", kPortworx).check()) == "PXS107 error portworx\n");
}

TEST_CASE("what is absent by the facts is missing, without --complete") {
  Cluster cluster("absent: [{kind: Secret, namespace: kube-system, name: pxkeys}]\n");
  cluster.put("px.yaml", kPortworx);
  CHECK(findings(cluster.check()) == "PXS107 error portworx\nPXS107 error portworx\n");
  // The same in another namespace is another one.
  Cluster other("absent: [{kind: Secret, namespace: portworx, name: pxkeys}]\n");
  CHECK(findings(other.put("px.yaml", kPortworx).check()).empty());
}

TEST_CASE("what the files hold counts more than what is known of it") {
  constexpr std::string_view kKeys =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: pxkeys, namespace: kube-system}\n"
      "stringData: {system-secret: canary-system, stork-secret: canary-stork}\n";
  // By the facts both keys are missing.
  for (const std::string_view facts :
       {"secrets: [{namespace: kube-system, name: pxkeys, keys: {}}]\n",
        "absent: [{kind: Secret, namespace: kube-system, name: pxkeys}]\n"}) {
    CAPTURE(facts);
    Cluster cluster(facts);
    // In two folders that have nothing above them in common but the top.
    cluster.put("px/px.yaml", kPortworx).put("keys/keys.yaml", kKeys);
    const Outcome outcome =
        cluster.check({.paths = {cluster.path("files/px"), cluster.path("files/keys")}});
    CHECK(findings(outcome).find("PXS107") == std::string::npos);
    CHECK(outcome.unverified().find("ambiguous") == std::string::npos);
  }
}

TEST_CASE("a namespace that is missing in the files is no reason to miss a Secret") {
  std::string unset(kPortworx);
  unset.erase(unset.find(", namespace: kube-system"), 24);
  Cluster cluster(secrets("apps", ""));
  cluster.put("px.yaml", unset);
  const Outcome outcome = cluster.check({.complete = true});
  CHECK(findings(outcome).find("PXS107") == std::string::npos);
  CHECK(outcome.unverified().find("give --namespace") != std::string::npos);
  CHECK(cluster.check({.default_namespace = "kube-system"}).unverified().find("PXS107") ==
        std::string::npos);
}

TEST_CASE("objects of the facts are in view, and neither judged nor counted") {
  // By itself this StorageCluster would be an error: no such guest access.
  std::string faulty(kGuestsRefused);
  faulty.replace(faulty.find("Disabled"), 8, "disabled");
  Cluster cluster(faulty);
  cluster.put("map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n");
  const Outcome outcome = cluster.check();
  CHECK(findings(outcome).empty());
  CHECK(outcome.report["summary"]["objects"] == 1);
  CHECK(outcome.report["summary"]["files"] == 1);
  // With nothing to check there is nothing to say.
  Cluster empty(kGuestsRefused);
  empty.put("notes.txt", "");
  CHECK(empty.check().status == 3);
}

TEST_CASE("a StorageCluster that only the facts know decides about classes") {
  Cluster cluster(kGuestsRefused);
  const Outcome refused = cluster.put("class.yaml", kClass).check();
  CHECK(findings(refused) == "PXS601 error px-open\n");
  CHECK(refused.status == 1);
  std::string off(kGuestsRefused);
  off.replace(off.find("enabled: true"), 13, "enabled: false");
  Cluster unsecured(off);
  CHECK(findings(unsecured.put("class.yaml", kClass).check()).empty());
}

TEST_CASE("the StorageCluster in the files takes the place of the one that is known") {
  constexpr std::string_view kOff =
      "apiVersion: core.libopenstorage.org/v1alpha1\nkind: StorageCluster\n"
      "metadata: {name: px, namespace: portworx}\nspec: {image: 'portworx/oci-monitor:3.1.0'}\n";
  Cluster cluster(kGuestsRefused);
  cluster.put("px/px.yaml", kOff).put("classes/class.yaml", kClass);
  const Outcome outcome =
      cluster.check({.paths = {cluster.path("files/px"), cluster.path("files/classes")}});
  CHECK(findings(outcome).empty());
  CHECK(outcome.unverified().find("ambiguous") == std::string::npos);
  // One of another name is nearer than the one in the cluster, too.
  std::string other(kOff);
  other.replace(other.find("name: px,"), 9, "name: lab,");
  Cluster nearer(kGuestsRefused);
  nearer.put("px/px.yaml", other).put("classes/class.yaml", kClass);
  CHECK(findings(nearer.check({.paths = {nearer.path("files/px"), nearer.path("files/classes")}}))
            .empty());
}

TEST_CASE("a public key in a Secret that is only known is not called bad") {
  std::string portworx(kPortworx);
  portworx +=
      "        - {name: PORTWORX_AUTH_JWT_RSA_PUBKEY, value: /keys/jwt.pub}\n"
      "        - {name: PORTWORX_AUTH_JWT_ISSUER, value: login.example.com}\n"
      "        volumeMounts: [{name: keys, mountPath: /keys}]\n"
      "      volumes: [{name: keys, secret: {secretName: jwt}}]\n";
  Cluster cluster(secrets("apps", "") +
                  "- {namespace: kube-system, name: jwt, keys: {jwt.pub: p}}\n");
  CHECK(findings(cluster.put("px.yaml", portworx).check()).find("PXS405") == std::string::npos);
}

TEST_CASE("versions are those of the facts, or better those of the options") {
  // In-tree claims that lost their token: only in some versions of Kubernetes, PXS604.
  constexpr std::string_view kInTree =
      "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: in-tree}\n"
      "provisioner: kubernetes.io/portworx-volume\n"
      "parameters: {openstorage.io/auth-secret-name: token, openstorage.io/auth-secret-namespace: "
      "px}\n";
  const auto needs_version = [&](std::string_view facts, CheckOptions options) {
    Cluster cluster(std::string(kGuestsRefused) + std::string(facts));
    cluster.put("class.yaml", kInTree);
    return cluster.check(std::move(options));
  };
  const auto found = [&](std::string_view facts, CheckOptions options) {
    return findings(needs_version(facts, std::move(options)));
  };
  constexpr std::string_view kOld = "versions: {kubernetes: 1.30.2}\n";
  constexpr std::string_view kLosing = "versions: {kubernetes: 1.31.0}\n";
  CHECK(found("", {}).empty());
  CHECK(found(kOld, {}).empty());
  CHECK(found(kLosing, {}) == "PXS604 error in-tree\n");
  CHECK(found(kOld, {.kubernetes_version = "1.31.0"}) == "PXS604 error in-tree\n");
  CHECK(found(kLosing, {.kubernetes_version = "v1.30"}).empty());
  const Outcome wrong = needs_version("", {.kubernetes_version = "new"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("--kubernetes-version takes a version") != std::string::npos);
}

TEST_CASE("that a Secret has a key auth-token does not say that a token is in it") {
  Cluster cluster("secrets:\n- {namespace: portworx, name: px-tenant, keys: {auth-token: a}}\n");
  cluster.put("class.yaml", R"(apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: px-secure}
provisioner: pxd.portworx.com
parameters:
  csi.storage.k8s.io/provisioner-secret-name: px-tenant
  csi.storage.k8s.io/provisioner-secret-namespace: portworx
  csi.storage.k8s.io/node-publish-secret-name: px-tenant
  csi.storage.k8s.io/node-publish-secret-namespace: portworx
)");
  const Outcome outcome = cluster.check();
  CHECK(findings(outcome).empty());
  CHECK(outcome.unverified().find("the token in Secret portworx/px-tenant") != std::string::npos);
}

}  // namespace pxguard::cli
