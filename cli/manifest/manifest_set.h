// The files of one `check` as a cluster: the objects in them, what could not be read, and for each
// object its partners. Several clusters live in one repository, so the partner of an object is in
// the same file, else in the same folder, else in the nearest folder above with exactly one
// candidate. What is not in the files is unknown, unless they are said to be complete.
//
// Lifetime: objects and what look-ups find are valid while the set is. It does not move.
// Threads: immutable once made; any number may read.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/manifest/known.h"
#include "cli/manifest/nearest.h"
#include "cli/manifest/text.h"
#include "rules/model/cluster_view.h"
#include "rules/model/object.h"
#include "rules/model/partners.h"
#include "rules/model/portworx.h"
#include "rules/model/stork.h"

namespace pxguard::manifest {

// What it means that something is not in the files.
enum class Absence { Unknown, Known };

struct Options {
  Absence absence = Absence::Unknown;
  std::string default_namespace{};
  Known known{};
};

class ManifestSet final : public model::ClusterView {
 public:
  // ManifestSet set({{"px.yaml", "apiVersion: ..."}}, {});
  ManifestSet(std::vector<Text> texts, const Options& options);
  // What collect() found on disk.
  static ManifestSet of(Input input, const Options& options) { return {options, std::move(input)}; }
  static std::unique_ptr<ManifestSet> made(Input input, const Options& options) {
    return std::unique_ptr<ManifestSet>(new ManifestSet(options, std::move(input)));
  }
  ManifestSet(const ManifestSet&) = delete;
  ManifestSet& operator=(const ManifestSet&) = delete;
  ~ManifestSet() override;  // wipes the texts: they may have held secrets

  // In the order of the files, in each file as they stand. Items of Lists are objects of their own.
  [[nodiscard]] const std::deque<model::Object>& objects() const { return objects_; }
  [[nodiscard]] const std::vector<Skipped>& skipped() const { return input_.skipped; }
  [[nodiscard]] const std::vector<Problem>& problems() const { return input_.problems; }
  // Files that were read, whatever was in them.
  [[nodiscard]] std::size_t files() const { return files_; }
  // Something of Portworx, Stork or Autopilot is among the objects.
  [[nodiscard]] bool has_portworx() const {
    return !portworx_.empty() || !storks_.empty() || has_values_;
  }
  // One line of a file, from 1, without its end; "" where there is none. It may hold a secret.
  [[nodiscard]] std::string_view line(std::string_view file, int number) const;

  [[nodiscard]] model::Lookup<model::SecretFacts> secret(const model::Object& from,
                                                         std::string_view ns,
                                                         std::string_view name) const override;
  [[nodiscard]] model::Lookup<model::SecretFacts> config_map(const model::Object& from,
                                                             std::string_view ns,
                                                             std::string_view name) const override;
  [[nodiscard]] model::Lookup<model::PortworxConfig> portworx(
      const model::Object& from) const override;
  [[nodiscard]] Storks storks(const model::Object& portworx) const override;
  [[nodiscard]] model::Lookup<model::Object> object(const model::Object& from,
                                                    std::string_view kind, std::string_view ns,
                                                    std::string_view name) const override;
  [[nodiscard]] Objects dependents(const model::Object& portworx) const override;
  [[nodiscard]] std::vector<const model::PortworxConfig*> other_clusters(
      const model::Object& portworx) const override;
  [[nodiscard]] Objects referrers(const model::Object& secret) const override;
  [[nodiscard]] bool has_producer(std::string_view ns, std::string_view name) const override;
  [[nodiscard]] model::Signature signature(const model::Object& token_secret,
                                           const model::KeyPlace& place) const override;

 private:
  ManifestSet(const Options& options, Input input);

  // Equal for an object and its copies.
  using Key = std::pair<const json::Document*, std::uint32_t>;
  static Key key_of(const model::Object& object) {
    return {&object.document(), object.root().node()};
  }

  enum class Rank {
    First,
    Second
  };  // Second: a Pod of Portworx counts where nothing better is near

  void read(const Options& options);
  void take_known(const Options& options);
  // What the files say of an object of that name counts more than what is known of it.
  [[nodiscard]] bool is_in_files(const model::ObjectId& id) const;
  void index_objects();
  void index_known(const Known& known);
  const model::SecretFacts& keep_facts(const model::Object& object);
  void index_file(std::size_t begin, std::size_t end);
  void index_references();
  void find_portworx();
  void add_portworx(model::PortworxConfig config);
  void find_storks();
  void pair_storks();
  void pair_dependents();
  void pair_daemon_sets();
  // That of the same object in these files, where `portworx` is another version of it.
  [[nodiscard]] Key key_in_files(const model::Object& portworx) const;

  template <class T>
  void add_named(Nearest<T>& candidates, Place place, const model::ObjectId& id, const T* found);
  template <class T>
  [[nodiscard]] model::Lookup<T> nearest(const Nearest<T>& candidates, const model::Object& from,
                                         const model::ObjectId& wanted) const;
  [[nodiscard]] model::Follower follower(const model::Object& from) const;
  [[nodiscard]] model::Partner choose(const model::Follower& follower, bool is_near, Place place,
                                      Rank rank) const;

  Input input_;
  Absence absence_;
  std::size_t files_ = 0;
  bool has_values_ = false;  // for the chart portworx
  std::unordered_map<std::string, std::size_t> text_of_file_;
  std::deque<model::Object> objects_;
  std::deque<model::Object> known_;        // not judged; those of the same name in files left out
  std::vector<const model::Object*> all_;  // both
  Places places_;

  std::deque<model::SecretFacts> facts_;
  Nearest<model::SecretFacts> nearest_facts_;
  std::unordered_map<const model::SecretFacts*, const model::Object*> object_of_facts_;
  Nearest<model::Object> nearest_objects_;
  std::unordered_set<std::string> known_absent_;
  std::unordered_set<std::string> in_files_;  // identities; empty where nothing is known
  // By the name of the Secret that they refer to, or make.
  std::unordered_map<std::string, std::vector<const model::Object*>> referrers_;
  std::unordered_map<std::string, std::vector<const model::Object*>> producers_;

  std::deque<model::PortworxConfig> portworx_;
  std::map<Key, const model::PortworxConfig*> portworx_of_;
  Nearest<model::PortworxConfig> nearest_portworx_;

  std::deque<model::StorkConfig> storks_;
  std::map<Key, const model::StorkConfig*> stork_of_;  // Stork before Autopilot
  std::size_t pxd_storks_ = 0;
  std::map<Key, Storks> storks_of_;
  bool has_stray_stork_ = false;  // its Portworx, or whether it has one, is unknown

  std::map<Key, Objects> dependents_of_;
  bool has_stray_dependent_ = false;
};

}  // namespace pxguard::manifest
