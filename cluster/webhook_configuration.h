// A webhook configuration as the API server has it, and as we want it: what differs, and what to
// write. Server-side apply under managers of its own: `pxguard-webhooks` for the whole, and
// `pxguard-ca-bundle` where somebody else owns the rest.
//
// Threads: safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/client.h"
#include "cluster/resource.h"

namespace pxguard::cluster {

inline constexpr std::string_view kWholeManager = "pxguard-webhooks";
inline constexpr std::string_view kBundleManager = "pxguard-ca-bundle";

// An annotation: what a pxguard has written, so that another one can tell it from somebody's edit.
inline constexpr std::string_view kContentHash = "pxguard.io/content-hash";

[[nodiscard]] const Resource& validating_configurations();
[[nodiscard]] const Resource& mutating_configurations();

struct WebhookEntry {
  std::string name{};
  std::string bundle{};   // PEM
  bool is_closed = true;  // failurePolicy Fail
};

struct WebhookConfiguration {
  const Resource* resource = nullptr;
  std::string name{};
  bool exists = false;
  std::string version{};
  std::vector<WebhookEntry> entries{};
  std::string json{};
  // It is as a pxguard wrote it, this one or another version of it.
  bool is_by_pxguard = false;

  static WebhookConfiguration of(const Resource& resource, std::string name, json::Value object);
};

// exists is false where there is none.
Answer<WebhookConfiguration> read_configuration(Client& client, const Resource& resource,
                                                std::string_view name);

// One that we want: JSON as webhooks::to_objects() makes it.
struct WantedConfiguration {
  explicit WantedConfiguration(std::string object);
  std::string json;
  const Resource* resource = nullptr;
  std::string name{};
  bool may_close = false;  // an entry of it is to have failurePolicy Fail

  // With all failure policies at Ignore.
  [[nodiscard]] WantedConfiguration opened() const;
};

// Every entry that is to be closed is.
[[nodiscard]] bool is_closed(const WebhookConfiguration& live, const WantedConfiguration& wanted);
// Fields of entries that are not as wanted, as "enforce.pxguard.io rules", defaults of the API
// server filled in; entries that are missing, and those that should not be there.
[[nodiscard]] std::vector<std::string> differences(const WebhookConfiguration& live,
                                                   const WantedConfiguration& wanted);

// What takes the configuration with it when it is deleted, by uid.
struct ConfigurationOwner {
  std::string name{};
  std::string uid{};
};

// For Client::create: without entries, so that what comes next has a version to start from.
[[nodiscard]] std::string skeleton(const WantedConfiguration& wanted,
                                   const std::optional<ConfigurationOwner>& owner);
// For Client::apply, or replace.
[[nodiscard]] std::string whole(const WantedConfiguration& wanted, std::string_view version,
                                const std::optional<ConfigurationOwner>& owner);
// For Client::apply as kBundleManager: the caBundle of each entry that is there, nothing else.
[[nodiscard]] std::string bundle_alone(const WebhookConfiguration& live, std::string_view pem);

}  // namespace pxguard::cluster
