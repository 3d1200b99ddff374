#include "rules/model/stork.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "rules/model/portworx_names.h"

namespace pxguard::model {
namespace {

enum class Driver { None, Other, Pxd, Unknown };

std::string_view program(const Container& container) {
  return container.command().empty() ? std::string_view{}
                                     : last_part(container.command().front().text, '/');
}

Driver driver_in(std::string_view word, std::string_view next) {
  for (const std::string_view flag : {"--driver", "-driver"}) {
    std::string_view value;
    if (word == flag)
      value = next;
    else if (word.starts_with(flag) && word.substr(flag.size()).starts_with('='))
      value = word.substr(flag.size() + 1);
    else
      continue;
    if (value.find('$') != std::string_view::npos) return Driver::Unknown;
    return value == "pxd" ? Driver::Pxd : Driver::Other;
  }
  return Driver::None;
}

Driver driver_of(const Container& container) {
  std::vector<std::string> words;
  for (const Word& element : container.words()) {
    // A script is one element; the flags in it are as good as those outside.
    if (auto parts = shell_words(element.text))
      words.insert(words.end(), parts->begin(), parts->end());
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Driver driver =
        driver_in(words[i], i + 1 < words.size() ? std::string_view(words[i + 1]) : "");
    if (driver != Driver::None) return driver;
  }
  return Driver::None;
}

bool starts_program(const Container& container, std::string_view name) {
  return program(container) == name ||
         (container.runs_a_shell() && !container.args().empty() &&
          container.args().front().text.find('/' + std::string(name) + ' ') != std::string::npos);
}

std::string wrapped_by(const Workload& workload, const Container& container,
                       std::string_view documented) {
  const auto who = [&container] { return "container " + printable(container.name(), 80); };
  if (workload.has_secret_injector()) return "what the secret injector of the pod sets in " + who();
  if (container.command().empty() || program(container) == documented) return {};
  return "what the command of " + who() + " sets";
}

}  // namespace

std::optional<StorkConfig> StorkConfig::of(const Workload& workload, const Container& container,
                                           const ClusterView& view) {
  if (container.kind() != Container::Kind::Main) return std::nullopt;
  const std::string_view image = image_basename(container.image());
  const bool is_stork = image == "stork" || starts_program(container, "stork");
  const bool is_autopilot = image == "autopilot" || starts_program(container, "autopilot");
  if (!is_stork && !is_autopilot) return std::nullopt;
  const Driver driver = is_stork ? driver_of(container) : Driver::Pxd;
  if (driver != Driver::Pxd && driver != Driver::Unknown) return std::nullopt;
  StorkConfig config(workload.object(), is_stork ? Component::Stork : Component::Autopilot);
  config.driver_unknown_ = driver == Driver::Unknown;
  config.is_fragment_ = container.image().empty();
  config.image_ = container.image();
  config.image_path_ = container.path().key("image");
  config.version_ = Version::parse(image_tag(container.image()));
  config.env_ = container.shared_env();
  config.read(view, wrapped_by(workload, container, is_stork ? "stork" : "autopilot"));
  return config;
}

std::vector<StorkConfig> StorkConfig::of(const Workload& workload, const ClusterView& view) {
  std::vector<StorkConfig> configs;
  for (const Container& container : workload.containers()) {
    if (auto config = of(workload, container, view)) configs.push_back(std::move(*config));
  }
  std::stable_partition(configs.begin(), configs.end(),
                        [](const StorkConfig& config) { return config.is_stork(); });
  return configs;
}

std::vector<StorkConfig> StorkConfig::of(const StorageCluster& cluster, const ClusterView& view) {
  std::vector<StorkConfig> configs;
  const std::pair<std::string_view, Component> parts[] = {{"stork", Component::Stork},
                                                          {"autopilot", Component::Autopilot}};
  for (const auto& [name, component] : parts) {
    const json::Value part = cluster.spec()[name];
    if (!part["enabled"].boolean_or(false)) continue;
    StorkConfig config(cluster.object(), component);
    config.in_storage_cluster_ = true;
    config.image_ = part["image"].text();
    config.image_path_ = FieldPath{"spec", name, "image"};
    config.version_ = component == Component::Stork
                          ? cluster.stork_version()
                          : Version::parse(image_tag(part["image"].text()));
    config.env_ =
        std::make_shared<EnvList>(EnvList::read(part["env"], {}, FieldPath{"spec", name}));
    config.read(view, "");
    configs.push_back(std::move(config));
  }
  return configs;
}

void StorkConfig::read(const ClusterView& view, const std::string& wrapped_by) {
  static const std::vector<Argument> none;
  const Settings settings({*object_, *env_, none, view, SIZE_MAX, wrapped_by});
  shared_secret_ = settings.variable(kSharedSecretEnv, false);
  issuer_ = settings.variable(kStorkIssuerEnv, true);
  px_namespace_ = settings.variable(kPxNamespaceEnv, true);
}

std::optional<std::string> StorkConfig::portworx_namespace() const {
  if (in_storage_cluster_) return object_->id().ns;
  if (px_namespace_.is_absent()) return std::string(kDefaultPxNamespace);
  return px_namespace_.is_provided() ? px_namespace_.text : std::nullopt;
}

}  // namespace pxguard::model
