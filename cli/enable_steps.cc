#include "cli/enable_steps.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/report/layout.h"
#include "cli/shell_word.h"
#include "rules/model/portworx_names.h"

namespace pxguard::cli {
namespace {

using report::wrap;

class Steps {
 public:
  Steps(const Enabling& enabling, const Changed& changed)
      : enabling_(enabling),
        changed_(changed),
        in_(enabling.ns.empty() ? "" : "-n " + shell_word(enabling.ns) + ' ') {}

  std::string run() {
    if (enabling_.is_operator)
      operator_steps();
    else
      daemon_set_steps();
    classes();
    pairs();
    contexts();
    step("See that nothing is left. The audit asks the cluster itself.");
    command("pxguard audit");
    return std::move(text_);
  }

 private:
  void step(std::string_view words) { text_ += wrap(fmt::format("{}. ", ++number_), words); }
  void note(std::string_view words) { text_ += wrap("   ", words); }
  void command(std::string_view line) { text_ += fmt::format("  $ {}\n", line); }

  void apply(const std::vector<Member>& members) {
    std::vector<std::string> files;
    for (const Member& member : members) {
      if (std::find(files.begin(), files.end(), member.file) == files.end())
        files.push_back(member.file);
    }
    for (const std::string& file : files) {
      if (std::find(applied_.begin(), applied_.end(), file) != applied_.end()) continue;
      applied_.push_back(file);
      command("kubectl apply -f " + shell_word(file));
    }
  }

  // kubectl goes on, and ends with a fault.
  void warn_of_classes(const std::vector<Member>& members) {
    const bool is_beside =
        std::any_of(changed_.classes.begin(), changed_.classes.end(), [&](const Member& one) {
          return std::any_of(members.begin(), members.end(),
                             [&](const Member& other) { return one.file == other.file; });
        });
    if (!is_beside || is_warned_) return;
    is_warned_ = true;
    note(
        "kubectl will say that StorageClasses in this file cannot be changed: a later step makes "
        "them anew.");
  }

  void wait_for(const std::vector<Member>& members) {
    for (const Member& member : members) {
      command(fmt::format("kubectl {}rollout status {}/{}", in_, lower(member.id.kind),
                          shell_word(member.id.name)));
    }
  }

  void daemon_set_steps() {
    step("Make the keys. openssl makes the values, and nobody sees them.");
    command(fmt::format("kubectl {}create secret generic {} \\", in_,
                        shell_word(enabling_.key_secret)));
    constexpr std::string_view kMade = "<(openssl rand -base64 64 | tr -d '\\n')";
    text_ += fmt::format("      --from-file={}={} \\\n", model::kSystemSecretKey, kMade);
    text_ += fmt::format("      --from-file={}={} \\\n", model::kStorkSecretKey, kMade);
    text_ += fmt::format("      --from-file={}={}\n", model::kSharedSecretKey, kMade);
    if (!enabling_.storks.empty()) {
      step("Apply what follows Portworx: nodes that are not secured yet ignore the tokens.");
      apply(enabling_.storks);
    }
    step(
        "Apply Portworx. Its nodes restart one after the other; until all of them have, the "
        "cluster is half secured. Do not stop in between.");
    warn_of_classes(enabling_.portworx);
    apply(enabling_.portworx);
    wait_for(enabling_.portworx);
    wait_for(enabling_.storks);
    step(
        "Make the tokens, on a node or in a container with pxctl. admin.yaml and user.yaml say "
        "for whom: name, email, sub, roles [\"system.admin\"] and groups [\"*\"], or "
        "[\"system.user\"] and a group of the users.");
    command("umask 077");
    token("admin", model::kAdminToken, "1y");
    token("user", model::kUserToken, "1y");
    note("They end after a year: make them anew before that.");
  }

  void token(std::string_view who, std::string_view secret, std::string_view duration) {
    command(fmt::format("kubectl {}get secret {} -o jsonpath='{{.data.{}}}' | base64 -d > key.tmp",
                        in_, shell_word(enabling_.key_secret), model::kSharedSecretKey));
    command(fmt::format("pxctl auth token generate --auth-config={}.yaml --issuer={} \\", who,
                        shell_word(enabling_.issuer)));
    text_ += fmt::format(
        "      --shared-secret=\"$(cat key.tmp)\" --token-duration={} --output={}.token\n",
        duration, who);
    command(
        fmt::format("tr -d '\\n' < {}.token | kubectl {}create secret generic {} "
                    "--from-file={}=/dev/stdin",
                    who, in_, secret, model::kAuthTokenKey));
    command(fmt::format("rm -f key.tmp {}.token", who));
  }

  void operator_steps() {
    step(
        "Apply the StorageCluster. The operator makes the keys and tokens, gives them to Stork and "
        "Autopilot, and restarts all nodes: plan for an interruption of the whole cluster.");
    warn_of_classes(enabling_.portworx);
    apply(enabling_.portworx);
    apply(enabling_.storks);
    step("Wait until the operator has made the token of the users.");
    command(fmt::format("until kubectl {}get secret {} {}; do sleep 5; done", in_,
                        model::kUserToken, model::kAdminToken));
  }

  void classes() {
    if (changed_.classes.empty()) {
      rest("Apply what else changed.");
      return;
    }
    step(
        "Make the StorageClasses anew: their parameters cannot be changed. Volumes that exist "
        "keep what they have.");
    for (const Member& member : changed_.classes)
      command("kubectl delete storageclass " + shell_word(member.id.name) + " --ignore-not-found");
    // Also a file that was applied before: it holds the classes as well.
    for (const Member& member : changed_.classes)
      applied_.erase(std::remove(applied_.begin(), applied_.end(), member.file), applied_.end());
    apply(changed_.classes);
    rest("Apply what else changed.");
  }

  void rest(std::string_view words) {
    std::vector<Member> others;
    for (const std::string& file : changed_.files) {
      if (std::find(applied_.begin(), applied_.end(), file) == applied_.end())
        others.push_back({{}, file});
    }
    if (others.empty()) return;
    step(words);
    apply(others);
  }

  void pairs() {
    step(
        "Where clusters are paired (migration, disaster recovery): the cluster token of before is "
        "void. Make a new one, and put it into the ClusterPair on the other cluster.");
    command("pxctl cluster token reset");
    command("pxctl cluster token show");
    for (const Member& member : changed_.pairs)
      note(fmt::format("{} in {} is one of them.", member.id.display(), member.file));
  }

  void contexts() {
    step("On each node, for pxctl: a context with the token of the administrator.");
    command(
        fmt::format("pxctl context create admin --token=\"$(kubectl {}get secret {} -o "
                    "jsonpath='{{.data.{}}}' | base64 -d)\"",
                    in_, model::kAdminToken, model::kAuthTokenKey));
  }

  const Enabling& enabling_;
  const Changed& changed_;
  const std::string in_;
  std::string text_;
  int number_ = 0;
  bool is_warned_ = false;
  std::vector<std::string> applied_;
};

}  // namespace

std::string enabling_steps(const Enabling& enabling, const Changed& changed) {
  return Steps(enabling, changed).run();
}

}  // namespace pxguard::cli
