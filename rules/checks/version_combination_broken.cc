// PXS506: Versions that do not work together, or not with PX-Security.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "rules/checks/shared/guest_access.h"
#include "rules/checks/shared/partner.h"
#include "rules/checks/shared/versions.h"
#include "rules/model/kinds.h"
#include "rules/rule.h"

namespace pxguard::rules::version_combination_broken {
namespace {

using model::FieldPath;
using model::PortworxConfig;
using model::StorkConfig;
using model::Version;

std::string or_newer(std::string_view component, Version version) {
  return std::string(component) + ' ' + version.display() + " or newer";
}

std::string with(const std::string& text, std::string_view component, Version version) {
  return text + " with " + std::string(component) + ' ' + version.display();
}

// --- Stork ---------------------------------------------------------------------------------------

bool leaves_data_out(Version stork) {
  return stork >= model::kStorkEmptyBackups && stork < model::kStorkWholeBackups;
}

// Backups go to NFS: libopenstorage/stork pkg/apis/stork/v1alpha1/backuplocation.go.
bool is_nfs_location(const model::Object& object) {
  return object.kind() == "BackupLocation" && model::is_of_stork(object.id()) &&
         object.root()["location"]["type"].text() == "nfs";
}

bool backs_up_to_nfs(const PortworxConfig& portworx, const ContextBase& context) {
  const auto others = context.view.dependents(portworx.object());
  const bool found =
      std::any_of(others.objects.begin(), others.objects.end(),
                  [](const model::Object* other) { return is_nfs_location(*other); });
  if (!found && !others.complete)
    context.unverified("the BackupLocations of this cluster, to tell whether one is of type nfs");
  return found;
}

// Beside some secured Portworx there would be something to say.
bool is_suspect(Version stork) { return stork < model::kStorkNfsRestore || leaves_data_out(stork); }

// The operator reads the same tag as we do, where it is nothing but a version.
bool has_plain_tag(const StorkConfig& stork) {
  const std::string_view tag = model::image_tag(stork.image());
  return !tag.empty() && tag.find_first_not_of("0123456789.") == std::string_view::npos;
}

// Portworx 2.6 brought another issuer for Stork, and the operator uses it for its own calls.
std::optional<Finding> before_apps_key(const StorkConfig& stork, Version version,
                                       const PortworxConfig* portworx, const ContextBase& context) {
  const bool by_operator = portworx != nullptr && is_set_by_operator(stork, *portworx);
  const bool is_too_old = version < model::kStorkForAppsKey;
  const Version wanted = by_operator ? model::kStorkIssuer : model::kStorkForAppsKey;
  if (version >= wanted) return std::nullopt;
  const auto other = portworx != nullptr ? portworx_version(*portworx, context)
                                         : context.settings.portworx_version;
  if (!other) context.unverified("the version of Portworx");
  if (!other || *other < model::kPortworxAppsKey) return std::nullopt;
  Finding finding{.at = stork.image_path(),
                  .found = with("Stork " + version.display(), "Portworx", *other),
                  .want = or_newer("Stork", wanted),
                  .reference = "stork"};
  if (by_operator) {
    finding.why =
        "For such a Stork the operator gives Portworx the old key of Stork alone, and signs its "
        "own calls as apps.portworx.io: Portworx refuses the operator.";
  }
  if (!is_too_old && !has_plain_tag(stork)) finding.severity = Severity::Warning;
  return finding;
}

Finding without_data(const StorkConfig& stork, Version version) {
  return {.at = stork.image_path(),
          .severity = Severity::Warning,
          .message = "This Stork makes backups of secured volumes without their data",
          .found = "Stork " + version.display(),
          .want = or_newer("Stork", model::kStorkWholeBackups),
          .why = "A backup of a secured cluster succeeds, and holds the resources alone.",
          .fix = "Use Stork " + model::kStorkWholeBackups.display() +
                 " or newer, and make the backups anew.",
          .reference = "backup"};
}

Finding without_nfs(const StorkConfig& stork, Version version) {
  return {.at = stork.image_path(),
          .severity = Severity::Warning,
          .message = "This Stork cannot restore secured volumes from NFS",
          .found = "Stork " + version.display() + " and a BackupLocation of type nfs",
          .want = or_newer("Stork", model::kStorkNfsRestore),
          .why = "The job that restores comes without Stork's key, and Portworx refuses it.",
          .fix = "Use Stork " + model::kStorkNfsRestore.display() + " or newer.",
          .reference = "nfs"};
}

// REQUIRES: Portworx is secured; null where that is assumed.
std::optional<Finding> fault_of(const StorkConfig& stork, Version version,
                                const PortworxConfig* portworx, const ContextBase& context) {
  if (leaves_data_out(version)) return without_data(stork, version);
  if (auto finding = before_apps_key(stork, version, portworx, context)) return finding;
  const bool restores_from_nfs = version >= model::kStorkNfsRestore;
  if (restores_from_nfs || portworx == nullptr || !backs_up_to_nfs(*portworx, context))
    return std::nullopt;
  return without_nfs(stork, version);
}

// Autopilot's versions are PXS206's matter.
Findings on_stork(const StorkConfig& stork, const Context<StorkConfig>& context) {
  if (!stork.is_stork()) return {};
  const auto version = stork_version(stork, context);
  // Where no image is written, the operator takes the one that fits.
  if (version ? !is_suspect(*version) : stork.image().empty()) return {};
  const PortworxConfig* portworx = secured_partner(stork, context);
  if (portworx == nullptr && !is_assumed(stork, context)) return {};
  if (!version) {
    context.unverified("the version of Stork");
    return {};
  }
  auto finding = fault_of(stork, *version, portworx, context);
  return finding ? Findings{std::move(*finding)} : Findings{};
}

// --- The operator --------------------------------------------------------------------------------

// 1.4.0 alone writes over it: before there is no security, and later ones keep it.
bool names_own_secret(const model::StorageCluster& cluster) {
  const std::string name = cluster.shared_secret_name();
  return !name.empty() && name != model::kSharedSecretName;
}

Finding without_security(const FieldPath& at, Version version) {
  return {.at = at,
          .message = "This operator does not know spec.security",
          .found = "operator " + version.display() + " and a StorageCluster with spec.security",
          .want = or_newer("operator", model::kOperatorSecurity),
          .why = "It makes no keys and no tokens: Portworx runs without PX-Security.",
          .fix = "Update the operator before security is turned on.",
          .reference = "security"};
}

Finding overwrites_secret(const FieldPath& at, Version version) {
  return {.at = at,
          .severity = Severity::Warning,
          .message = "This operator writes over the user's own shared Secret",
          .found = "operator " + version.display() + " and selfSigned.sharedSecret",
          .want = or_newer("operator", model::kOperatorKeepsSecrets),
          .why = "The key of the Secret is replaced, and tokens signed with it are refused.",
          .fix = "Update the operator, and then write the Secret again.",
          .reference = "secret"};
}

Finding refused_as_guest(const FieldPath& at, Version version) {
  return {.at = at,
          .severity = Severity::Warning,
          .message = "This operator needs guest access to look after nodes",
          .found = "operator " + version.display() + " and guestAccess Disabled",
          .want = or_newer("operator", model::kOperatorGuestOff),
          .why =
              "It asks for the members of the KVDB without a token: after a change of the "
              "StorageCluster its check of the nodes fails.",
          .fix = "Update the operator before guest access is turned off.",
          .reference = "guest"};
}

// REQUIRES: spec.security is on.
Findings faults_of_operator(const FieldPath& at, Version version,
                            const model::StorageCluster& cluster) {
  if (version < model::kOperatorSecurity) return {without_security(at, version)};
  Findings findings;
  if (version < model::kOperatorKeepsSecrets && names_own_secret(cluster))
    findings.push_back(overwrites_secret(at, version));
  if (version < model::kOperatorGuestOff && is_guest_off(cluster))
    findings.push_back(refused_as_guest(at, version));
  return findings;
}

// What the operator secures, and not what somebody has written into spec.env.
bool is_secured_by_operator(const PortworxConfig& portworx) {
  return portworx.storage_cluster() && !portworx.is_written_by_user();
}

Findings on_operator(const model::Object& object, const Context<model::Object>& context) {
  const auto image = operator_image(object);
  if (!image || (image->version && *image->version >= model::kOperatorGuestOff)) return {};
  const auto portworx = context.view.portworx(object);
  if (portworx.is_unknown()) context.unverified(portworx.needs());
  if (portworx.get() == nullptr || !is_secured_by_operator(*portworx.get())) return {};
  if (!image->version) {
    context.unverified("the version of the Portworx operator");
    return {};
  }
  return faults_of_operator(image->path, *image->version, *portworx.get()->storage_cluster());
}

// --- Portworx, for itself and as leader ----------------------------------------------------------

FieldPath image_path(const PortworxConfig& portworx) {
  return portworx.storage_cluster() ? FieldPath{"spec", "image"} : portworx.path().key("image");
}

std::optional<Finding> before_security(const PortworxConfig& portworx, const ContextBase& context) {
  const auto version = portworx_version(portworx, context);
  if (!version) {
    const bool is_said = !portworx.image().empty() && portworx.security() == model::Security::On;
    if (is_said) context.unverified("the version of Portworx");
    return std::nullopt;
  }
  if (*version >= model::kPortworxSecurity || !is_on(portworx, context)) return std::nullopt;
  return Finding{.at = image_path(portworx),
                 .message = "This Portworx does not know PX-Security",
                 .found = "Portworx " + version->display(),
                 .want = or_newer("Portworx", model::kPortworxSecurity),
                 .why = "The settings have no effect: whoever reaches Portworx is let in.",
                 .fix = "Update Portworx before anything relies on its security.",
                 .reference = "portworx"};
}

// Whoever changes Portworx is told what to change next.
Finding as_leader(Finding finding, FieldPath at, const model::Object& follower,
                  const ContextBase& context) {
  const std::string name = named_object(follower, context.object);
  finding.at = std::move(at);
  finding.found += " (" + name + ')';
  finding.at_admission = Action::Warn;
  finding.reference += ' ' + follower.id().display();
  return finding;
}

void find_followers(const PortworxConfig& portworx, const ContextBase& context,
                    Findings& findings) {
  for (const StorkConfig* stork : context.view.storks(portworx.object()).configs) {
    const auto version = stork_version(*stork, context);
    if (stork->is_part_of_storage_cluster() || !stork->is_stork() || !version) continue;
    if (auto finding = fault_of(*stork, *version, &portworx, context))
      findings.push_back(
          as_leader(std::move(*finding), image_path(portworx), stork->object(), context));
  }
  const auto version = operator_version(portworx, context);
  if (!version || !is_secured_by_operator(portworx)) return;
  const model::Object& deployment = *operator_deployment(portworx, context);
  for (Finding& finding : faults_of_operator({}, *version, *portworx.storage_cluster()))
    findings.push_back(as_leader(std::move(finding), portworx.path(), deployment, context));
}

Findings on_portworx(const PortworxConfig& portworx, const Context<PortworxConfig>& context) {
  Findings findings;
  if (auto finding = before_security(portworx, context)) findings.push_back(std::move(*finding));
  const bool is_leader = context.moment == Moment::Admission && !portworx.is_helper() &&
                         portworx.security() == model::Security::On;
  if (is_leader) find_followers(portworx, context, findings);
  return findings;
}

constexpr Check kChecks[] = {on_stork, on_operator, on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS506",
    .name = "version-combination-broken",
    .title = "These versions do not work together on a secured cluster",
    .rationale =
        "Portworx 2.6 changed how Stork and the operator prove who they are: older ones are "
        "refused, and volumes stay unmade.",
    .fix = "Update the older part first: Stork and the operator before Portworx.",
    .by_hand =
        "kubectl get ds,deploy,storagecluster -A -o yaml | grep -E 'image: .*(oci-monitor|stork|"
        "operator)'",
    .source =
        "docs/versions.md has each version with its source; release notes of Portworx 2.6.0, Stork "
        "24.2.1 and 25.3.2; operator pull requests 220 and 1529.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::version_combination_broken
