#include "cluster/reduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

#include "base/json_text.h"
#include "base/text.h"
#include "cluster/scrub.h"
#include "rules/model/blind.h"
#include "rules/model/portworx_names.h"
#include "rules/model/pxctl.h"
#include "rules/model/storage_class.h"

namespace pxguard::cluster {
namespace {

constexpr std::string_view kHelmVars = "portworx.com/helm-vars";

// Annotations that rules read; of others only the keys stay.
bool is_annotation_read(std::string_view key) {
  constexpr std::array<std::string_view, 12> kPrefixes = {"portworx.io/",
                                                          "portworx.com/",
                                                          "pxguard.io/",
                                                          "openstorage.io/",
                                                          "csi.storage.k8s.io/",
                                                          "stork.libopenstorage.org/",
                                                          "storageclass.",
                                                          "volume.kubernetes.io/",
                                                          "volume.beta.kubernetes.io/",
                                                          "snapshot.storage.kubernetes.io/",
                                                          "vault.",
                                                          "replicator.v1.mittwald.de/"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [key](std::string_view prefix) { return key.starts_with(prefix); });
}

bool is_metadata_read(std::string_view key) {
  constexpr std::array<std::string_view, 9> kKeys = {"name",
                                                     "namespace",
                                                     "labels",
                                                     "annotations",
                                                     "ownerReferences",
                                                     "uid",
                                                     "creationTimestamp",
                                                     "deletionTimestamp",
                                                     "generateName"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// Of a Pod that a controller made from a template, which is judged itself.
bool is_pod_field_read(std::string_view key) {
  constexpr std::array<std::string_view, 4> kKeys = {"containers", "initContainers",
                                                     "ephemeralContainers", "volumes"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

// Of a container: where and how well it runs is not asked.
bool is_container_field_left_out(std::string_view key) {
  constexpr std::array<std::string_view, 6> kKeys = {
      "resources", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy",
      "ports",     "securityContext"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

bool is_driver_of_portworx(std::string_view driver) {
  return model::is_portworx_csi(driver) || driver.find("portworx") != std::string_view::npos;
}

class Writer {
 public:
  explicit Writer(const Resource& resource) : resource_(resource) {}

  std::string write(json::Value object) && {
    text_ = "{\"apiVersion\":" + json::quote(resource_.api_version()) +
            ",\"kind\":" + json::quote(resource_.kind);
    is_first_ = false;
    // Other drivers may take passwords there.
    is_strangers_class_ =
        is("StorageClass") && !is_driver_of_portworx(object["provisioner"].text());
    for (const auto& [key, value, node] : object.members()) member(key, value);
    return std::move(text_).append(1, '}');
  }

 private:
  [[nodiscard]] bool is(std::string_view kind) const { return resource_.kind == kind; }

  void begin(std::string_view key) {
    if (!is_first_) text_ += ',';
    is_first_ = false;
    text_.append(json::quote(key)).append(1, ':');
  }

  void open(char bracket) {
    text_ += bracket;
    is_first_ = true;
  }
  void close(char bracket) {
    text_ += bracket;
    is_first_ = false;
  }
  void element() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }

  void member(std::string_view key, json::Value value) {
    if (key == "apiVersion" || key == "kind") return;
    if (key == "status" && !is("Pod")) return;
    if (key == "parameters" && is_strangers_class_) return;
    begin(key);
    if (key == "metadata") return metadata(value, true);
    if (key == "status") return status(value);
    if ((key == "data" || key == "binaryData" || key == "stringData") &&
        (is("ConfigMap") || is("Secret")))
      return data(value);
    if (key == "spec" && is("Pod")) return pod_spec(value);
    if (key == "spec" && is("ClusterPair")) return cluster_pair(value);
    if (key == "spec" && is("SealedSecret")) return sealed_secret(value);
    anything(key, value);
  }

  void metadata(json::Value value, bool is_own) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      if (!is_metadata_read(key)) continue;
      begin(key);
      if (key == "annotations")
        annotations(field, is_own);
      else
        anything(key, field);
    }
    close('}');
  }

  void annotations(json::Value value, bool is_own) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      text_ += json::quote(annotation(key, field.text(), is_own));
    }
    close('}');
  }

  [[nodiscard]] std::string annotation(std::string_view key, std::string_view text,
                                       bool is_own) const {
    if (key == model::kLastApplied) return is_own ? last_applied(text) : std::string();
    if (key == model::kMiscArgs || key == kHelmVars) return CommandScrubber().scrub(text);
    const bool is_kept = is_annotation_read(key) || is("PersistentVolumeClaim");
    return is_kept ? scrubbed_text(text) : std::string();
  }

  // What was applied, as it would be kept itself.
  [[nodiscard]] std::string last_applied(std::string_view text) const {
    const auto document = json::Document::parse(text);
    if (!document || !document->root().is_object()) return "{}";
    return Writer(resource_).write(document->root());
  }

  // Nodes start Pods; everything else there changes every minute.
  void status(json::Value value) {
    open('{');
    if (const json::Value start = value["startTime"]) {
      begin("startTime");
      anything("startTime", start);
    }
    close('}');
  }

  // Keys alone, but what stands in a ConfigMap and reads as a key or a script of Portworx.
  void data(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      text_ += json::quote(is("ConfigMap") ? config(key, field.text()) : std::string());
    }
    close('}');
  }

  static std::string config(std::string_view key, std::string_view text) {
    if (model::is_key_variable(key)) return scrubbed_literal(key, text);
    const bool is_script = contains_word(text, "pxctl") ||
                           text.find("PORTWORX_AUTH_") != std::string_view::npos ||
                           text.find(model::kSharedSecretEnv) != std::string_view::npos;
    return is_script ? CommandScrubber().scrub(text) : std::string();
  }

  void pod_spec(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      if (!is_pod_field_read(key)) continue;
      begin(key);
      anything(key, field);
    }
    close('}');
  }

  // Its config is a kubeconfig of the other cluster.
  void cluster_pair(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      if (key == "options")
        options(field);
      else if (key == "config")
        text_ += "{}";
      else
        anything(key, field);
    }
    close('}');
  }

  void options(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      text_ += json::quote(key == "token" ? scrubbed_pair_token(field.text())
                                          : option(key, field.text()));
    }
    close('}');
  }

  static std::string option(std::string_view key, std::string_view text) {
    const bool is_harmless = key == "ip" || key == "port" || key == "mode";
    return is_harmless ? scrubbed_text(text) : model::blind(text);
  }

  void sealed_secret(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      if (key == "encryptedData")
        data_keys(field);
      else
        anything(key, field);
    }
    close('}');
  }

  void data_keys(json::Value value) {
    open('{');
    for (const auto& [key, field, node] : value.members()) {
      begin(key);
      text_ += "\"\"";
    }
    close('}');
  }

  void anything(std::string_view key, json::Value value) {
    switch (value.kind()) {
      case json::Kind::Null: text_ += "null"; return;
      case json::Kind::Boolean: text_ += value.boolean_or(false) ? "true" : "false"; return;
      case json::Kind::Integer: text_ += std::to_string(value.integer_or(0)); return;
      case json::Kind::Number: number(value.number_or(0)); return;
      case json::Kind::String: text_ += json::quote(plain(key, value.text())); return;
      case json::Kind::Array: return array(key, value);
      case json::Kind::Object: return object(key, value);
    }
  }

  static std::string plain(std::string_view key, std::string_view text) {
    return is_secret_field(key) ? model::blind(text) : scrubbed_text(text);
  }

  void number(double value) {
    if (std::isfinite(value))
      fmt::format_to(std::back_inserter(text_), "{:.17g}", value);
    else
      text_ += '0';
  }

  void array(std::string_view key, json::Value value) {
    open('[');
    const bool is_command = key == "command" || key == "args";
    CommandScrubber& scrubber = scrubber_of(key);
    for (const json::Value one : value.elements()) {
      element();
      if (is_command && one.is_string())
        text_ += json::quote(scrubber.scrub(one.text()));
      else
        anything(key, one);
    }
    close(']');
  }

  // The last element of a command may be a flag whose value is the first of args.
  CommandScrubber& scrubber_of(std::string_view key) {
    if (key == "command") command_ = {};
    return command_;
  }

  void object(std::string_view key, json::Value value) {
    if (key == "metadata") return metadata(value, false);
    const std::string_view name = value["name"].text();
    const bool is_container = value["image"].is_string();
    if (is_container) command_ = {};
    open('{');
    for (const auto& [field_key, field, node] : value.members()) {
      if (is_container && is_container_field_left_out(field_key)) continue;
      begin(field_key);
      if (field_key == "value" && field.is_string() && value["name"].is_string())
        text_ += json::quote(scrubbed_literal(name, field.text()));
      else if (field_key == model::kSharedSecretEnv && field.is_string())
        text_ += json::quote(scrubbed_literal(field_key, field.text()));
      else
        anything(field_key, field);
    }
    close('}');
  }

  const Resource& resource_;
  std::string text_;
  bool is_first_ = true;
  bool is_strangers_class_ = false;
  CommandScrubber command_;
};

}  // namespace

std::string reduced(json::Value object, const Resource& resource) {
  return Writer(resource).write(object);
}

}  // namespace pxguard::cluster
