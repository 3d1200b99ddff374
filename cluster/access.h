// Who pxguard is, and to which API server: the service account of its Pod, or a context of a
// kubeconfig, found where kubectl would look for it.
//
// Lifetime: clients outlive the Access that made them.
// Threads: safe; clients made from several threads share what a plugin answered until it expires.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.h"
#include "cluster/client.h"

namespace pxguard::cluster {

// What of this process and its machine decides where to look.
struct Surroundings {
  std::string kubeconfig{};    // $KUBECONFIG: files, separated by colons
  std::string home{};          // $HOME
  std::string service_host{};  // $KUBERNETES_SERVICE_HOST
  std::string service_port{};  // $KUBERNETES_SERVICE_PORT
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";

  static Surroundings here();
};

class Access {
 public:
  struct Options {
    std::string kubeconfig{};  // --kubeconfig: this file alone
    std::string context{};     // --context; "": the current one
  };

  // The file that is given, else those of $KUBECONFIG, else ~/.kube/config, else the service
  // account. Errors name the file and the field. Nothing is connected to, and no plugin is run.
  static Result<Access> find(const Options& options, const Surroundings& around);
  static Result<Access> find(const Options& options) { return find(options, Surroundings::here()); }

  // A client with a connection of its own. It reads its credentials at its first request, and once
  // more when the server does not take them; credentials that cannot be had are Unauthorized.
  [[nodiscard]] std::unique_ptr<Client> connect() const;

  // "https://10.0.0.1:6443"
  [[nodiscard]] const std::string& server() const;
  // Of the Pod or the context; "default" where neither says.
  [[nodiscard]] const std::string& ns() const;
  // For people: "context prod of /home/ada/.kube/config", "the service account of this Pod"
  [[nodiscard]] const std::string& origin() const;

 private:
  class State;
  class Authenticated;
  explicit Access(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace pxguard::cluster
