// What we show to an API server, and where it is read: files that somebody rotates, or a program
// that makes credentials when asked.
//
// Threads: safe. One thread reads at a time; the others wait for what it finds.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret_value.h"
#include "certs/key_pair.h"

namespace pxguard::cluster {

struct Credentials {
  SecretValue token{};                   // empty: none
  std::optional<certs::KeyPair> pair{};  // shown in the handshake
};
using SharedCredentials = std::shared_ptr<const Credentials>;

// Of what credentials are made, as it was read.
struct Material {
  SecretValue token{};
  SecretValue certificate{};  // PEM, as the key
  SecretValue key{};
};

// A program that prints an ExecCredential (client.authentication.k8s.io).
struct Plugin {
  std::string api_version{};
  std::vector<std::string> words{};        // the program and its arguments
  std::vector<std::string> environment{};  // "NAME=value", beside our own
  std::string cluster{};  // JSON of the cluster, where it wants to be told; else ""
};

// Either a file or what would stand in it.
struct FileOrText {
  std::string path{};
  SecretValue text{};

  [[nodiscard]] bool is_set() const { return !path.empty() || !text.empty(); }
};

// A user as a kubeconfig has one, or the service account of a Pod.
struct User {
  std::string origin{};  // for messages: "user ada of /home/ada/.kube/config"
  FileOrText token{};
  FileOrText certificate{};
  FileOrText key{};
  std::optional<Plugin> plugin{};
};

class CredentialSource {
 public:
  using Clock = std::chrono::system_clock;

  explicit CredentialSource(User user) : user_(std::move(user)) {}

  // What was read last, until it expires or, of files, is a minute old. The same pointer for as
  // long as it says the same: connections need not be made anew.
  Result<SharedCredentials> current(Clock::time_point now);
  // The server did not take `refused`: what can be had instead. Nothing is read again where another
  // thread has done so in between.
  Result<SharedCredentials> instead_of(const SharedCredentials& refused, Clock::time_point now);

 private:
  Result<SharedCredentials> read(Clock::time_point now);
  Result<Material> gather(Clock::time_point now);

  const User user_;
  std::mutex mutex_;
  SharedCredentials last_;
  std::string last_digest_;
  Clock::time_point read_again_{};  // when last_ is no longer current
  Clock::time_point read_at_{};
};

}  // namespace pxguard::cluster
