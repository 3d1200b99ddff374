#include "rules/model/portworx.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace pxguard::model {
namespace {

bool is_node_agent_image(std::string_view image) {
  constexpr std::array<std::string_view, 4> kImages = {"oci-monitor", "px-enterprise",
                                                       "px-essentials", "px-monitor"};
  return std::find(kImages.begin(), kImages.end(), image_basename(image)) != kImages.end();
}

// The operator strips authorization from its pre-flight check, and the wiper runs after Portworx
// is gone. Name, container and image must all agree: a name alone would be a way out.
bool is_helper_workload(const Workload& workload, const Container& container) {
  const std::string_view name = workload.object().id().name;
  const std::string_view image = image_basename(container.image());
  const bool pre_flight =
      name == "px-pre-flight" && container.name() == "portworx" && is_node_agent_image(image);
  const bool wiper =
      name == "px-node-wiper" && container.name() == "px-node-wiper" && image == "px-node-wiper";
  return pre_flight || wiper;
}

std::string wrapped_by(const Workload& workload, const Container& container) {
  const auto who = [&container] { return "container " + printable(container.name(), 80); };
  if (workload.has_secret_injector()) return "what the secret injector of the pod sets in " + who();
  constexpr std::array<std::string_view, 4> kDocumented = {"px-oci-mon", "oci-monitor", "px-runc",
                                                           "px"};
  if (container.command().empty()) return {};
  const std::string_view program = last_part(container.command().front().text, '/');
  if (std::find(kDocumented.begin(), kDocumented.end(), program) != kDocumented.end()) return {};
  return "what the command of " + who() + " sets";
}

std::string cluster_id_of(const std::vector<Argument>& arguments) {
  for (const Argument& argument : arguments) {
    if (argument.flag == "-c" && argument.has_value &&
        argument.value.find("$(") == std::string::npos) {
      return argument.value;
    }
  }
  return {};
}

// What runs to its end is no node agent: people run pxctl from Portworx's image.
bool runs_a_task(const Workload& workload, const Container& container) {
  const Object& object = workload.object();
  const auto owner = object.controller();
  const bool is_job =
      object.kind() == "Job" || object.kind() == "CronJob" || (owner && owner->kind == "Job");
  return is_job || (!container.command().empty() &&
                    last_part(container.command().front().text, '/') == "pxctl");
}

// Whoever sets one of these wants PX-Security.
constexpr std::array<AuthKey, 8> kSignals = {
    AuthKey::SystemKey, AuthKey::AppsKey,      AuthKey::StorkKey,      AuthKey::JwtSharedSecret,
    AuthKey::JwtIssuer, AuthKey::RsaPublicKey, AuthKey::EcdsPublicKey, AuthKey::OidcIssuer};

}  // namespace

bool is_portworx(const Workload& workload, const Container& container) {
  if (container.kind() != Container::Kind::Main || runs_a_task(workload, container)) return false;
  if (is_node_agent_image(container.image())) return true;
  if (container.name() != "portworx") return false;
  const auto args = container.args();
  const bool has_cluster_id = std::any_of(args.begin(), args.end(), [](const Word& word) {
    return word.text == "-c" || word.text.starts_with("-c ");
  });
  return has_cluster_id || workload.mounts_host_path("/etc/pwx");
}

bool runs_portworx(const Workload& workload) {
  return std::any_of(
      workload.containers().begin(), workload.containers().end(),
      [&workload](const Container& container) { return is_portworx(workload, container); });
}

std::vector<PortworxConfig> PortworxConfig::all_of(const Workload& workload,
                                                   const ClusterView& view) {
  std::vector<PortworxConfig> configs;
  for (const Container& container : workload.containers()) {
    if (is_portworx(workload, container)) configs.push_back(of(workload, container, view));
  }
  return configs;
}

std::optional<PortworxConfig> PortworxConfig::of(const Workload& workload,
                                                 const ClusterView& view) {
  for (const Container& container : workload.containers()) {
    if (is_portworx(workload, container)) return of(workload, container, view);
  }
  return std::nullopt;
}

PortworxConfig PortworxConfig::of(const Workload& workload, const Container& container,
                                  const ClusterView& view) {
  PortworxConfig config(workload.object());
  config.container_ = container.value();
  config.pod_spec_ = workload.pod_spec();
  config.is_helper_ = is_helper_workload(workload, container);
  config.is_fragment_ = container.image().empty();
  config.image_ = container.image();
  config.version_ = Version::parse(image_tag(container.image()));
  config.path_ = container.path();
  config.env_ = container.shared_env();
  // Inside a script the arguments are unknown.
  const bool is_script = container.runs_a_shell();
  if (is_script) {
    config.arguments_need_ =
        "what the script of container " + printable(container.name(), 80) + " passes on";
  }
  config.arguments_ = std::make_shared<std::vector<Argument>>(
      is_script ? std::vector<Argument>{} : read_arguments(container.words()));
  config.cluster_id_ = cluster_id_of(*config.arguments_);
  config.read(view, wrapped_by(workload, container));
  config.decide_security();
  return config;
}

std::optional<PortworxConfig> PortworxConfig::of(const StorageCluster& cluster,
                                                 const ClusterView& view) {
  PortworxConfig config(cluster.object());
  config.cluster_ = cluster;
  config.image_ = cluster.image();
  config.version_ = cluster.portworx_version();
  config.cluster_id_ = cluster.cluster_id();
  config.path_ = FieldPath{"spec"};
  config.env_ = std::make_shared<EnvList>(EnvList::read(cluster.spec()["env"], {}, config.path_));
  const auto misc = read_misc_args(cluster.object().annotation(kMiscArgs));
  config.arguments_ =
      std::make_shared<std::vector<Argument>>(misc.value_or(std::vector<Argument>{}));
  if (!misc) {
    config.arguments_need_ =
        "what portworx.io/misc-args means: it cannot be split as a shell would";
  }
  if (cluster.is_security_enabled()) {
    config.install_ = Install::StorageClusterSecurity;
    config.path_ = FieldPath{"spec", "security"};
    config.read(view, "");
    config.read_operator_settings();
    config.security_ = Security::On;
  } else {
    config.install_ = Install::StorageClusterEnv;
    config.read(view, config.arguments_need_);
    config.decide_security();
    config.look_at_nodes();
  }
  return config;
}

void PortworxConfig::read(const ClusterView& view, const std::string& wrapped_by) {
  const Settings settings({*object_, *env_, *arguments_, view, SIZE_MAX, wrapped_by});
  for (const AuthName& name : kAuthNames) {
    Written& written = written_[static_cast<std::size_t>(name.key)];
    written.variable = keep(settings.variable(name.variable, !name.is_secret));
    written.argument = keep(settings.argument(name.key));
    written.dash_e = keep(settings.dash_e(name.variable, !name.is_secret));
  }
}

std::uint8_t PortworxConfig::keep(Setting setting) {
  const auto is_alike = [&setting](const Setting& kept) {
    return !kept.value && !setting.value && !kept.text && !setting.text &&
           kept.presence == setting.presence && kept.form == setting.form &&
           kept.is_optional == setting.is_optional && kept.path.is_copy_of(setting.path) &&
           kept.ref == setting.ref && kept.needs == setting.needs;
  };
  const auto found = std::find_if(settings_.begin(), settings_.end(), is_alike);
  const auto place = static_cast<std::uint8_t>(found - settings_.begin());
  if (found == settings_.end()) settings_.push_back(std::move(setting));
  return place;
}

// What the operator renders whatever spec.env says: deployment.go, getEnvList.
void PortworxConfig::read_operator_settings() {
  const auto place = [this](AuthKey key, Setting setting) {
    setting.presence = Setting::Presence::Provided;
    setting.form = Setting::Form::Operator;
    const std::uint8_t nothing = keep({});
    written_[static_cast<std::size_t>(key)] = {keep(std::move(setting)), nothing, nothing};
  };
  const auto set = [&](AuthKey key, std::string_view secret, std::string_view secret_key) {
    place(key, {.ref = SecretRef{std::string(secret), std::string(secret_key)}, .path = path_});
  };
  set(AuthKey::SystemKey, kSystemSecrets, kSystemSecretKey);
  set(AuthKey::JwtSharedSecret, cluster_->shared_secret_name(), kSharedSecretKey);
  const auto stork = cluster_->stork_version();
  const bool old = (version_ && *version_ < kPortworxAppsKey) || (stork && *stork < kStorkIssuer);
  set(old ? AuthKey::StorkKey : AuthKey::AppsKey, kSystemSecrets, kAppsSecretKey);
  Setting issuer{.path = path_.key("auth").key("selfSigned").key("issuer")};
  if (std::string text = cluster_->issuer(); !text.empty()) issuer.text = std::move(text);
  place(AuthKey::JwtIssuer, std::move(issuer));
}

bool PortworxConfig::is_stretched() const {
  return std::any_of(arguments_->begin(), arguments_->end(), [](const Argument& argument) {
    return argument.flag == "-cluster_domain" || argument.flag == "--cluster_domain";
  });
}

const Setting& PortworxConfig::effective(AuthKey key) const {
  for (const Setting* setting : {&variable(key), &dash_e(key), &argument(key)}) {
    if (!setting->is_absent()) return *setting;
  }
  return variable(key);
}

const Setting& PortworxConfig::certain(AuthKey key) const {
  for (const Setting* setting : {&variable(key), &dash_e(key), &argument(key)}) {
    if (setting->is_provided()) return *setting;
  }
  return effective(key);
}

// Set on nodes alone, and on which of them only the cluster knows: neither on nor off.
void PortworxConfig::look_at_nodes() {
  if (security_ != Security::Off) return;
  const FieldPath nodes{"spec", "nodes"};
  std::size_t index = 0;
  for (const json::Value node : cluster_->spec()["nodes"].elements()) {
    const EnvList list = EnvList::read(node["env"], {}, nodes.element(index++));
    for (const AuthKey key : kSignals) {
      const EnvVar* entry = list.last(auth_name(key).variable);
      const bool is_empty =
          entry != nullptr && entry->kind() == EnvVar::Kind::Literal && entry->literal().empty();
      if (entry == nullptr || is_empty) continue;
      security_ = Security::Maybe;
      security_needs_ = "which nodes of the cluster spec.nodes leaves out: it alone sets " +
                        std::string(auth_name(key).variable);
      return;
    }
  }
}

void PortworxConfig::decide_security() {
  const auto add = [this](const Setting& setting, bool is_signal) {
    if (!is_signal || setting.is_absent()) return;
    if (setting.is_provided()) security_ = Security::On;
    if (setting.is_maybe() && security_ == Security::Off) {
      security_ = Security::Maybe;
      security_needs_ = setting.needs;
    }
  };
  for (const AuthName& name : kAuthNames) {
    const bool by_variable =
        std::find(kSignals.begin(), kSignals.end(), name.key) != kSignals.end();
    const bool is_claim = name.key == AuthKey::UsernameClaim;
    const auto shows_intent = [&](const Setting& setting) {
      return is_claim ? setting.text && *setting.text != "sub" : by_variable;
    };
    add(variable(name.key), shows_intent(variable(name.key)));
    add(dash_e(name.key), shows_intent(dash_e(name.key)));
    add(argument(name.key), is_claim ? shows_intent(argument(name.key)) : true);
  }
}

}  // namespace pxguard::model
