// Stork and its Portworx: what more than one rule has to know about the pair.
#pragma once

#include <optional>
#include <string>

#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules {

// The Portworx that this Stork works with, where it is secured; else null, with what is unknown
// noted.
const model::PortworxConfig* secured_partner(const model::StorkConfig& stork,
                                             const ContextBase& context);

// Whoever runs the check says that Portworx, which is not in view, is secured.
bool is_assumed(const model::StorkConfig& stork, const ContextBase& context);

// The operator gives spec.stork its key and issuer: what overrides them is another rule's matter.
bool is_set_by_operator(const model::StorkConfig& stork, const model::PortworxConfig& portworx);

// The key of apps.portworx.io that the operator makes: px-system-secrets, apps-secret.
model::Setting operator_apps_key();

// Which of Portworx's keys PX_SHARED_SECRET has to equal: that of the issuer that Stork signs as.
// None for an issuer that Portworx cannot know. REQUIRES: the issuer is in view.
std::optional<model::AuthKey> partner_key(const model::StorkConfig& stork,
                                          const model::PortworxConfig& portworx);

// The issuer is set, but out of view: noted.
bool has_unknown_issuer(const model::StorkConfig& stork, const ContextBase& context);

// Without an issuer either of two different keys may be meant: noted.
bool has_two_candidates(const model::StorkConfig& stork, const model::PortworxConfig& portworx,
                        const ContextBase& context);

// "secret pxkeys, key stork-secret (as DaemonSet kube-system/portworx has it)"; nothing about an
// object in another namespace is said by name.
std::string named_reference(const model::Setting& setting, const model::PortworxConfig& portworx,
                            const model::Object& reviewed);
std::string named_object(const model::Object& object, const model::Object& reviewed);

}  // namespace pxguard::rules
