// pxguard serve: the webhook as a process. Everything is constructed here, in order, and taken down
// in reverse.
#pragma once

#include <string>

namespace pxguard::cli {

struct ServeOptions {
  std::string policy{};  // "": the documented defaults
  std::string listen = "0.0.0.0:8443";
  std::string status_listen = "0.0.0.0:8080";
  std::string tls_cert{};
  std::string tls_key{};
  bool self_signed = false;
  std::string tls_ca{};        // the CA that signed --tls-cert, for caBundle
  std::string certificates{};  // "secret=NAMESPACE/NAME"; "": from files, or self-signed
  std::string activation{};    // auto, static or none; "": as the policy says, where we hold the CA
  std::string service = "pxguard/pxguard";  // NAMESPACE/NAME, or NAMESPACE/NAME:PORT
  int trust_delay = 60;                     // seconds
  std::string client_ca{};
  std::string cluster{};  // in-cluster, a kubeconfig or none; "": in-cluster in a Pod, else none
};

// Returns after SIGTERM or SIGINT. The exit status: 0, 2 for wrong options or a policy that cannot
// be used, 3 for an address or file that cannot be had, 5 where an answer never came.
int serve(const ServeOptions& options);

}  // namespace pxguard::cli
