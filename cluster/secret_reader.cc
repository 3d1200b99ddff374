#include "cluster/secret_reader.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "base/secret_value.h"
#include "cluster/clock.h"
#include "cluster/reading_list.h"
#include "rules/model/portworx_names.h"
#include "rules/model/signature.h"

namespace pxguard::cluster {
namespace {

using Signatures = std::map<std::string, model::Signature, std::less<>>;

struct Whole {
  SecretName name;
  std::shared_ptr<const json::Document> document;
  Time as_of;
};

model::Object object_of(const Whole& whole) {
  model::Object object(whole.document, whole.document->root());
  object.replace_identity(
      {.api_version = "v1", .kind = "Secret", .ns = whole.name.first, .name = whole.name.second});
  return object;
}

// Who writes the data wrote something then, and not necessarily the data.
std::optional<Time> written_at(json::Value object) {
  std::optional<Time> last;
  for (const json::Value entry : object.at("metadata.managedFields").elements()) {
    const json::Value fields = entry["fieldsV1"];
    if (fields["f:data"].is_absent() && fields["f:stringData"].is_absent()) continue;
    const auto time = parse_time(entry["time"].text());
    if (time && (!last || *time > *last)) last = time;
  }
  return last;
}

std::vector<jwt::KeyKind> kinds_of(const model::SecretKeyFacts& facts) {
  if (facts.pem) return {jwt::KeyKind::Rsa, jwt::KeyKind::Ec, jwt::KeyKind::Secret};
  return {jwt::KeyKind::Secret};
}

Signatures signatures_of(const Whole& token, const std::vector<Whole>& all,
                         const std::map<SecretName, model::SecretFacts>& facts) {
  Signatures signatures;
  if (facts.at(token.name).key(model::kAuthTokenKey) == nullptr) return signatures;
  const model::Object token_object = object_of(token);
  for (const Whole& holder : all) {
    const model::Object key_object = object_of(holder);
    for (const auto& [key, known] : facts.at(holder.name).keys()) {
      if (key == model::kAuthTokenKey) continue;
      for (const jwt::KeyKind kind : kinds_of(known)) {
        const model::KeyPlace place{.kind = kind,
                                    .object_kind = "Secret",
                                    .ns = holder.name.first,
                                    .name = holder.name.second,
                                    .key = key};
        signatures.emplace(signature_key(place), model::verify(token_object, key_object, place));
      }
    }
  }
  return signatures;
}

}  // namespace

std::optional<model::DataChange> SecretReader::change_of(const SecretName& name,
                                                         const model::SecretFacts& facts,
                                                         json::Value object) {
  std::map<std::string, std::string> digests;
  for (const auto& [key, known] : facts.keys()) digests.emplace(key, known.digest);
  const auto written = written_at(object);
  const auto [place, is_new] = memory_.try_emplace(name);
  Memory& memory = place->second;
  if (is_new) {
    if (written) memory.change = model::DataChange{.at = *written, .is_certain = false};
  } else if (memory.digests != digests) {
    memory.change = model::DataChange{.at = written.value_or(std::chrono::system_clock::now()),
                                      .is_certain = true};
  }
  memory.digests = std::move(digests);
  return memory.change;
}

void SecretReader::read_each(Client& client, const std::set<SecretName>& names) {
  std::vector<Whole> read;
  for (const SecretName& name : names) {
    const Time as_of = view_time();
    auto document = client.get(secrets(), name.first, name.second);
    if (document) {
      read.push_back(
          {name, std::make_shared<const json::Document>(std::move(document).value()), as_of});
    } else if (document.error().kind == Failure::Kind::NotFound) {
      store_.remove_secret(name, as_of);
    } else {
      store_.secret_failed(name, document.error());
    }
  }
  std::map<SecretName, model::SecretFacts> facts;
  for (const Whole& one : read)
    facts.emplace(one.name, blind_facts(one.document->root(), secrets()));
  for (const Whole& one : read) {
    const json::Value object = one.document->root();
    store_.put_secret(one.name,
                      keep_secret(object, change_of(one.name, facts.at(one.name), object)),
                      signatures_of(one, read, facts), one.as_of);
  }
}

void SecretReader::read(Client& client, const std::set<SecretName>& names) {
  read_each(client, names);
  forget_stack();
}

}  // namespace pxguard::cluster
