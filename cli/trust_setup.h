// From the options of `serve` to who looks after certificates and webhook configurations.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/published.h"
#include "base/result.h"
#include "certs/key_pair.h"
#include "cli/log.h"
#include "cli/serve.h"
#include "cli/trust_keeper.h"
#include "rules/policy/policy.h"

namespace pxguard::cli {

// "NAMESPACE/NAME"; nothing where it is anything else.
[[nodiscard]] std::optional<cluster::SecretPlace> place_of(std::string_view text);
// "secret=NAMESPACE/NAME"
[[nodiscard]] std::optional<cluster::SecretPlace> secret_place(std::string_view text);
// The names of a Service, as an API server calls it: "NAME.NAMESPACE.svc" first.
[[nodiscard]] std::vector<std::string> names_of_service(const cluster::SecretPlace& service);
// What is wrong with the options that tell where certificates come from; "" where nothing is.
[[nodiscard]] std::string why_not_usable(const ServeOptions& options);

// Null where nobody is needed: certificates from files and configurations made by somebody else.
Result<std::unique_ptr<TrustKeeper>> open_trust(const ServeOptions& options,
                                                const Published<policy::Policy>& policies,
                                                Published<certs::KeyPair>& pairs, Log& log);

}  // namespace pxguard::cli
