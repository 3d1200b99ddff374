#include "cli/manifest/manifest_set.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "base/wiped.h"
#include "cli/manifest/cluster_scope.h"
#include "cli/manifest/decode.h"
#include "cli/manifest/rendered.h"
#include "rules/model/producers.h"
#include "rules/model/token_reference.h"

namespace pxguard::manifest {
namespace {

// No namespace: their names hold no such character.
constexpr std::string_view kAnyNamed = "*";

std::string lookup_key(std::string_view kind, std::string_view ns, std::string_view name) {
  return fmt::format("{}\n{}\n{}", kind, ns, name);
}

// Kind, group and name in this namespace: an apiVersion may change.
std::string identity_key(const model::ObjectId& id, std::string_view ns) {
  return lookup_key(id.kind, ns, id.name) + '\n' + std::string(id.group());
}

bool has_facts(const model::Object& object) {
  return object.id().api_version == "v1" &&
         (object.kind() == "Secret" || object.kind() == "ConfigMap");
}

// What a rule may ask for by name.
bool is_named(const model::Object& object) {
  constexpr std::array<std::string_view, 3> kNamedKinds = {"StorageClass", "PersistentVolumeClaim",
                                                           "DaemonSet"};
  return std::find(kNamedKinds.begin(), kNamedKinds.end(), object.kind()) != kNamedKinds.end();
}

}  // namespace

ManifestSet::ManifestSet(std::vector<Text> texts, const Options& options)
    : ManifestSet(options, Input{.texts = std::move(texts)}) {}

ManifestSet::ManifestSet(const Options& options, Input input)
    : input_(std::move(input)), absence_(options.absence) {
  read(options);
  take_known(options);
  index_objects();
  index_known(options.known);
  index_references();
  find_portworx();
  find_storks();
  pair_storks();
  pair_dependents();
}

ManifestSet::~ManifestSet() {
  for (Text& text : input_.texts) wipe(text.content);
}

void ManifestSet::read(const Options& options) {
  const Rendered rendered(input_.texts);
  Decoder decoder(options.default_namespace);
  for (std::size_t i = 0; i < input_.texts.size(); ++i) {
    const Text& text = input_.texts[i];
    if (text.is_context) continue;
    ++files_;
    text_of_file_.emplace(text.file, i);
    places_.add_file(text.file);
    auto reason = text.is_values ? std::nullopt : rendered.reason(text.file);
    if (reason) {
      decoder.skipped.push_back({text.file, std::move(*reason)});
    } else if (text.is_values || rendered.is_values(text.file)) {
      decoder.decode_values(text);
      has_values_ = true;
    } else {
      decoder.decode(text);
    }
  }
  objects_ = std::move(decoder.objects);
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::move_iterator(from.begin()), std::move_iterator(from.end()));
  };
  append(input_.skipped, decoder.skipped);
  append(input_.problems, decoder.problems);
}

std::string_view ManifestSet::line(std::string_view file, int number) const {
  const auto found = text_of_file_.find(std::string(file));
  if (found == text_of_file_.end() || number < 1) return {};
  std::string_view rest = input_.texts[found->second].content;
  for (int current = 1; current < number; ++current) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (rest.ends_with('\r')) rest.remove_suffix(1);
  return rest;
}

// --- Objects by their names -----------------------------------------------------------------

void ManifestSet::index_objects() {
  for (std::size_t begin = 0; begin < objects_.size();) {
    std::size_t end = begin + 1;
    while (end < objects_.size() && objects_[end].file() == objects_[begin].file()) ++end;
    index_file(begin, end);
    begin = end;
  }
}

// By its name, and by its name in any namespace.
template <class T>
void ManifestSet::add_named(Nearest<T>& candidates, Place place, const model::ObjectId& id,
                            const T* found) {
  candidates.add(places_, place, lookup_key(id.kind, id.ns, id.name), found);
  if (!id.ns.empty())
    candidates.add(places_, place, lookup_key(id.kind, kAnyNamed, id.name), found);
}

// Of two with the same name in one file the last one stays in the cluster.
void ManifestSet::index_file(std::size_t begin, std::size_t end) {
  std::set<std::string> seen;
  for (std::size_t i = end; i-- > begin;) {
    const model::Object& object = objects_[i];
    if (!has_facts(object) && !is_named(object)) continue;
    const model::ObjectId& id = object.id();
    if (!seen.insert(lookup_key(id.kind, id.ns, id.name)).second) continue;
    const Place place = places_.of_file(object.file());
    if (has_facts(object)) add_named(nearest_facts_, place, id, &keep_facts(object));
    if (is_named(object)) add_named(nearest_objects_, place, id, &object);
  }
}

// What is known of the cluster lies above all files: whatever is nearer comes first.
void ManifestSet::take_known(const Options& options) {
  const Known& known = options.known;
  const bool is_anything_known = !known.objects.empty() || !known.secrets.empty();
  for (const model::Object& object : objects_) {
    all_.push_back(&object);
    const model::ObjectId& id = object.id();
    if (is_anything_known) in_files_.insert(identity_key(id, id.ns));
  }
  for (model::Object object : known.objects) {
    if (!is_cluster_scoped(object.id())) object.complete_identity(options.default_namespace, "");
    if (!is_in_files(object.id())) all_.push_back(&known_.emplace_back(std::move(object)));
  }
}

// One in the files whose namespace is unset may be this one.
bool ManifestSet::is_in_files(const model::ObjectId& id) const {
  return in_files_.contains(identity_key(id, id.ns)) || in_files_.contains(identity_key(id, ""));
}

const model::SecretFacts& ManifestSet::keep_facts(const model::Object& object) {
  const model::SecretFacts& facts = facts_.emplace_back(model::SecretFacts::of(object));
  object_of_facts_.emplace(&facts, &object);
  return facts;
}

void ManifestSet::index_known(const Known& known) {
  for (const model::SecretFacts& secret : known.secrets) {
    if (!is_in_files(secret.id()))
      add_named(nearest_facts_, kCluster, secret.id(), &facts_.emplace_back(secret));
  }
  for (const model::Object& object : known_) {
    if (has_facts(object)) add_named(nearest_facts_, kCluster, object.id(), &keep_facts(object));
    if (is_named(object)) add_named(nearest_objects_, kCluster, object.id(), &object);
  }
  for (const model::ObjectId& id : known.absent)
    known_absent_.insert(lookup_key(id.kind, id.ns, id.name));
}

template <class T>
model::Lookup<T> ManifestSet::nearest(const Nearest<T>& candidates, const model::Object& from,
                                      const model::ObjectId& wanted) const {
  using Answer = model::Lookup<T>;
  const auto& [api_version, kind, ns, name] = wanted;
  const std::string same = lookup_key(kind, ns, name);
  const std::string maybe = lookup_key(kind, ns.empty() ? kAnyNamed : "", name);
  for (Place place = places_.of_file(from.file());; place = places_.above(place)) {
    const auto certain = candidates.at(place, same);
    if (certain.count == 1) return Answer::found(certain.last);
    if (certain.count > 1) {
      return Answer::unknown(
          wanted.display() +
          " (ambiguous: several in these files; check one cluster's folder at a time)");
    }
    if (candidates.at(place, maybe).count > 0) {
      return Answer::unknown(wanted.display() +
                             " (a namespace is missing in the files: give --namespace)");
    }
    if (place == kCluster) break;
  }
  if (absence_ == Absence::Known || known_absent_.contains(same)) return Answer::absent();
  return Answer::unknown(wanted.display());
}

model::Lookup<model::SecretFacts> ManifestSet::secret(const model::Object& from,
                                                      std::string_view ns,
                                                      std::string_view name) const {
  return nearest(nearest_facts_, from, {"v1", "Secret", std::string(ns), std::string(name)});
}

model::Lookup<model::SecretFacts> ManifestSet::config_map(const model::Object& from,
                                                          std::string_view ns,
                                                          std::string_view name) const {
  return nearest(nearest_facts_, from, {"v1", "ConfigMap", std::string(ns), std::string(name)});
}

model::Lookup<model::Object> ManifestSet::object(const model::Object& from, std::string_view kind,
                                                 std::string_view ns, std::string_view name) const {
  return nearest(nearest_objects_, from,
                 {"", std::string(kind), std::string(ns), std::string(name)});
}

// --- Who takes a token from a Secret --------------------------------------------------------

void ManifestSet::index_references() {
  for (const model::Object* object : all_) {
    if (model::is_secret_producer(*object))
      producers_[std::string(model::made_secret_name(*object))].push_back(object);
    for (const model::TokenReference& reference : model::token_references(*object)) {
      if (!reference.name) continue;
      auto& known = referrers_[*reference.name];
      if (known.empty() || known.back() != object) known.push_back(object);
    }
  }
}

model::ClusterView::Objects ManifestSet::referrers(const model::Object& secret) const {
  Objects found{.objects = {}, .complete = absence_ == Absence::Known};
  const auto named = referrers_.find(secret.id().name);
  if (named == referrers_.end()) return found;
  for (const model::Object* object : named->second) {
    if (model::takes_token_from(*object, secret.id())) found.objects.push_back(object);
  }
  return found;
}

bool ManifestSet::has_producer(std::string_view ns, std::string_view name) const {
  const auto known = producers_.find(std::string(name));
  return known != producers_.end() &&
         std::any_of(known->second.begin(), known->second.end(), [&](const model::Object* object) {
           return model::makes_secret(*object, ns, name);
         });
}

// Both are in the files: nobody sends a token here to guess at a key.
model::Signature ManifestSet::signature(const model::Object& token_secret,
                                        const model::KeyPlace& place) const {
  const auto facts =
      nearest(nearest_facts_, token_secret, {"v1", place.object_kind, place.ns, place.name});
  const auto object = object_of_facts_.find(facts.get());
  return object == object_of_facts_.end() ? model::Signature::Unknown
                                          : model::verify(token_secret, *object->second, place);
}

}  // namespace pxguard::manifest
