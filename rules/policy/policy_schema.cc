#include "rules/policy/policy_schema.h"

namespace pxguard::policy {
namespace {

// --- texts -------------------------------------------------------------------------------------

// Names for many: whoever is trusted has to be one program.
constexpr std::string_view kEverybody[] = {"system:anonymous", "system:authenticated",
                                           "system:masters", "system:serviceaccounts",
                                           "system:unauthenticated"};

constexpr Shape text(const Format& format) { return {.type = Type::Text, .format = &format}; }

constexpr Shape word(std::span<const std::string_view> words) {
  return {.type = Type::Word, .words = words};
}

constexpr Shape list_of(const Shape& element) { return {.type = Type::List, .element = &element}; }

constexpr Shape kSentenceShape = text(kSentence);
constexpr Shape kKindShape = text(kKind);
constexpr Shape kNamespaceShape = text(kNamespace);
constexpr Shape kNameShape = text(kName);
constexpr Shape kAnyNameShape = text(kAnyName);
constexpr Shape kSecretShape = text(kSecret);
constexpr Shape kUserShape = {.type = Type::Text, .format = &kUser, .refused = kEverybody};
constexpr Shape kLabelValueShape = text(kLabelValue);
constexpr Shape kRuleShape = text(kRule);
constexpr Shape kDateShape = text(kDate);
constexpr Shape kBoolean = {.type = Type::Boolean};
constexpr Shape kNames = list_of(kNameShape);

// --- words -------------------------------------------------------------------------------------

constexpr std::string_view kApiVersions[] = {kApiVersion};
constexpr std::string_view kKinds[] = {kPolicyKind};
constexpr std::string_view kRequireWords[] = {"WhenEnabled", "Always"};
constexpr std::string_view kUpgradeWords[] = {"Gate", "Ratchet"};
constexpr std::string_view kControllerPodWords[] = {"Warn", "Deny"};
constexpr std::string_view kActionWords[] = {"off", "audit", "warn", "deny"};
constexpr std::string_view kGuestWords[] = {"Enabled", "Managed", "Disabled"};
constexpr std::string_view kCrdWords[] = {"released", "master"};
constexpr std::string_view kFailureWords[] = {"Fail", "Ignore"};
constexpr std::string_view kActivationWords[] = {"auto", "manual"};

constexpr Shape kApiVersionShape = word(kApiVersions);
constexpr Shape kKindOfPolicy = word(kKinds);
constexpr Shape kRequire = word(kRequireWords);
constexpr Shape kUpgrades = word(kUpgradeWords);
constexpr Shape kControllerPods = word(kControllerPodWords);
constexpr Shape kAction = {.type = Type::Word, .words = kActionWords, .when_false = "off"};
constexpr Shape kGuestAccess = word(kGuestWords);
constexpr Shape kCrds = word(kCrdWords);
constexpr Shape kFailurePolicy = word(kFailureWords);
constexpr Shape kActivation = word(kActivationWords);

// --- objects -----------------------------------------------------------------------------------

constexpr Field kRuleFields[] = {
    {.name = "action",
     .shape = &kAction,
     .says = "What is done about the findings of this rule.",
     .otherwise = "by severity: an error is denied, a warning warned about, an info audited"},
    {.name = "mutate",
     .shape = &kBoolean,
     .says = "Whether admission repairs what this rule finds.",
     .otherwise = "false"},
};
constexpr Shape kRuleEntry = {
    .type = Type::Object, .fields = kRuleFields, .at_least = 1, .short_form = &kAction};
constexpr Shape kRules = {
    .type = Type::Map, .element = &kRuleEntry, .is_by_rule = true, .format = &kRule};

constexpr Shape kLabels = {.type = Type::Map, .element = &kLabelValueShape, .format = &kLabelKey};

constexpr Field kObjectFields[] = {
    {.name = "kind", .shape = &kKindShape, .says = "The kind of the object.", .otherwise = "any"},
    {.name = "namespace",
     .shape = &kNamespaceShape,
     .says = "The namespace of the object.",
     .otherwise = "any"},
    {.name = "name",
     .shape = &kAnyNameShape,
     .says = "The name of the object, as a whole.",
     .otherwise = "any"},
    {.name = "labels",
     .shape = &kLabels,
     .says = "Labels that the object has, all of them.",
     .otherwise = "any"},
};
constexpr Shape kObject = {.type = Type::Object, .fields = kObjectFields, .at_least = 1};

constexpr Field kExceptionFields[] = {
    {.name = "rule",
     .shape = &kRuleShape,
     .required = true,
     .says = "The id or the name of the rule that does not apply."},
    {.name = "object",
     .shape = &kObject,
     .required = true,
     .says =
         "The objects that are exempt: at least one field, and all that are given have to fit."},
    {.name = "reason",
     .shape = &kSentenceShape,
     .required = true,
     .says = "Why; it is repeated to whoever uses the exception."},
    {.name = "expires",
     .shape = &kDateShape,
     .required = true,
     .says = "The last day, UTC, on which the exception applies: YYYY-MM-DD."},
};
constexpr Shape kException = {.type = Type::Object, .fields = kExceptionFields};
constexpr Shape kExceptions = list_of(kException);

constexpr Field kPortworxFields[] = {
    {.name = "namespace",
     .shape = &kNamespaceShape,
     .says = "The namespace that Portworx runs in.",
     .otherwise = "unknown until a Portworx object is in view"},
    {.name = "keySecrets",
     .shape = &kNames,
     .says = "Secrets that hold the keys of an installation without the operator.",
     .otherwise = "pxkeys"},
};
constexpr Shape kPortworx = {.type = Type::Object, .fields = kPortworxFields};

constexpr Shape kUsers = list_of(kUserShape);
constexpr Shape kSecrets = list_of(kSecretShape);

constexpr Field kWebhookFields[] = {
    {.name = "failurePolicy",
     .shape = &kFailurePolicy,
     .says = "What the API server does with what pxguard would deny while no pxguard answers.",
     .otherwise = "Fail"},
    {.name = "activation",
     .shape = &kActivation,
     .says = "Who writes the webhook configurations: pxguard once it answers, or you.",
     .otherwise = "auto"},
};
constexpr Shape kWebhook = {.type = Type::Object, .fields = kWebhookFields};

constexpr Field kPolicyFields[] = {
    {.name = "apiVersion",
     .shape = &kApiVersionShape,
     .required = true,
     .says = "The version of this format."},
    {.name = "kind", .shape = &kKindOfPolicy, .required = true, .says = "The kind of this file."},
    {.name = "require",
     .shape = &kRequire,
     .says = "Whether a cluster without PX-Security is an error (Always) or only said.",
     .otherwise = "WhenEnabled"},
    {.name = "upgrades",
     .shape = &kUpgrades,
     .says = "Whether an upgrade makes old faults count again (Gate) or leaves them be (Ratchet).",
     .otherwise = "Gate"},
    {.name = "controllerPods",
     .shape = &kControllerPods,
     .says =
         "Whether Pods of a controller may be refused: then a node may come up without storage.",
     .otherwise = "Warn"},
    {.name = "rules",
     .shape = &kRules,
     .says = "What is done about the findings of a rule, by its id or name."},
    {.name = "exceptions",
     .shape = &kExceptions,
     .says = "What is allowed in spite of a rule, why, and until when."},
    {.name = "portworx", .shape = &kPortworx, .says = "How Portworx is installed here."},
    {.name = "trustedControllers",
     .shape = &kUsers,
     .says = "Users whose requests are never denied or changed, only warned about.",
     .otherwise = "the service accounts portworx-operator and stork in the Portworx namespace"},
    {.name = "publicClasses",
     .shape = &kNames,
     .says = "StorageClasses that carry no token on purpose."},
    {.name = "secrets",
     .shape = &kSecrets,
     .says = "Secrets that pxguard may read: NAME in the Portworx namespace, or NAMESPACE/NAME.",
     .otherwise =
         "px-system-secrets, px-shared-secret, px-admin-token, px-user-token and the keySecrets"},
    {.name = "guestAccess",
     .shape = &kGuestAccess,
     .says = "The guest access that every cluster has to have; judged with require: Always."},
    {.name = "crds",
     .shape = &kCrds,
     .says = "Which version of the operator's CRDs is installed.",
     .otherwise = "released"},
    {.name = "webhook", .shape = &kWebhook, .says = "How the API server calls pxguard."},
};
constexpr Shape kPolicy = {.type = Type::Object, .fields = kPolicyFields};

}  // namespace

const Shape& policy_shape() { return kPolicy; }

}  // namespace pxguard::policy
