// pxguard webhooks: the webhook configurations that a policy needs, for `kubectl apply`.
#pragma once

#include <iosfwd>
#include <string>

namespace pxguard::cli {

enum class WebhooksFormat { Yaml, Json };

struct WebhooksOptions {
  std::string policy{};
  WebhooksFormat format = WebhooksFormat::Yaml;
  std::string service = "pxguard/pxguard";  // NAMESPACE/NAME, or NAMESPACE/NAME:PORT
  std::string url{};                        // instead of the Service
  std::string ca_bundle{};                  // a file
  bool open_gate = false;                   // instead: take the configurations away
  bool prove = false;                       // instead: have a request refused
  std::string cluster{};                    // for these two
};

// Standard output: the objects. Standard error: what they cannot see. The exit status: 2 for a
// policy, Service or URL that does not do, 3 where the CA bundle cannot be read or the cluster does
// not let us, 1 where the proof fails.
int print_webhooks(const WebhooksOptions& options);
int print_webhooks(const WebhooksOptions& options, std::ostream& out, std::ostream& err);

}  // namespace pxguard::cli
