#include "cli/export_facts.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file_system.h"
#include "base/limits.h"
#include "rules/model/blind.h"
#include "rules/model/versions.h"
#include "rules/policy/policy_schema.h"

namespace pxguard::cli {
namespace {

using Json = nlohmann::ordered_json;

// The kinds of which a facts file can say that one is absent.
bool can_be_absent(const ListeningView::Absent& absent) {
  const auto& [kind, ns, name] = absent;
  if (name.empty() || ns.empty() != (kind == "StorageClass")) return false;
  return kind == "Secret" || kind == "ConfigMap" || kind == "PersistentVolumeClaim" ||
         kind == "StorageClass";
}

class FactsWriter {
 public:
  explicit FactsWriter(const cluster::Snapshot& snapshot) : snapshot_(snapshot) {}

  std::string run(const std::set<ListeningView::Absent>& absent, std::string_view kubernetes) {
    Json json = {{"apiVersion", policy::kApiVersion}, {"kind", "Facts"}};
    if (model::Version::parse(kubernetes)) json["versions"] = {{"kubernetes", kubernetes}};
    Json secrets = Json::array();
    Json objects = Json::array();
    for (const model::Object* object : sorted()) {
      if (object->kind() == "Secret" && object->id().group().empty()) {
        if (auto entry = secret_json(*object); !entry.is_null())
          secrets.push_back(std::move(entry));
      } else if (object->kind() != "Pod") {
        // Pods come and go, and no manifest asks for one.
        objects.push_back(copy(object->root()));
        complete(objects.back(), *object);
      }
    }
    if (!secrets.empty()) json["secrets"] = std::move(secrets);
    if (auto entries = absent_json(absent); !entries.empty()) json["absent"] = std::move(entries);
    if (!objects.empty()) json["objects"] = std::move(objects);
    return json.dump(1, ' ', true, Json::error_handler_t::replace) + '\n';
  }

 private:
  [[nodiscard]] std::vector<const model::Object*> sorted() const {
    auto objects = snapshot_.objects();
    const auto order = [](const model::Object* object) {
      const model::ObjectId& id = object->id();
      return std::tie(id.kind, id.ns, id.name, id.api_version);
    };
    std::sort(objects.begin(), objects.end(),
              [&order](const auto* a, const auto* b) { return order(a) < order(b); });
    return objects;
  }

  Json secret_json(const model::Object& secret) {
    const model::SecretFacts* facts = snapshot_.facts_of(secret);
    if (facts == nullptr) return nullptr;
    Json keys = Json::object();
    for (const auto& [key, known] : facts->keys()) {
      // Portworx reads an empty value as one that is not there, and so do the facts.
      if (!known.empty) keys[key] = word_of(known.digest);
    }
    return {{"namespace", secret.id().ns}, {"name", secret.id().name}, {"keys", std::move(keys)}};
  }

  static Json absent_json(const std::set<ListeningView::Absent>& absent) {
    Json entries = Json::array();
    for (const ListeningView::Absent& object : absent) {
      if (!can_be_absent(object)) continue;
      const auto& [kind, ns, name] = object;
      Json entry = {{"kind", kind}};
      if (!ns.empty()) entry["namespace"] = ns;
      entry["name"] = name;
      entries.push_back(std::move(entry));
    }
    return entries;
  }

  // Equal for equal values; of an unknown value one of its own.
  std::string word_of(const std::string& digest) {
    const std::string blind = model::is_blind(digest) ? digest : model::blind_digest(digest);
    if (digest.empty()) return fmt::format("v{}", ++words_);
    const auto [place, is_new] = word_of_.emplace(blind, std::string());
    if (is_new) place->second = fmt::format("v{}", ++words_);
    return place->second;
  }

  Json copy(json::Value value) {
    if (value.is_absent()) return nullptr;
    switch (value.kind()) {
      case json::Kind::Null: return nullptr;
      case json::Kind::Boolean: return value.boolean_or(false);
      case json::Kind::Integer: return value.integer_or(0);
      case json::Kind::Number: return value.number_or(0);
      case json::Kind::String: return copy_text(value.text());
      case json::Kind::Array: {
        Json array = Json::array();
        for (const json::Value element : value.elements()) array.push_back(copy(element));
        return array;
      }
      case json::Kind::Object: {
        Json object = Json::object();
        for (const auto& [key, member, node] : value.members())
          object[std::string(key)] = copy(member);
        return object;
      }
    }
    std::abort();
  }

  // Words in the place of values stand alone, or inside of commands.
  std::string copy_text(std::string_view text) {
    const std::string begin = model::blind_digest("");
    std::string copied;
    while (true) {
      const std::size_t at = text.find(begin);
      copied += text.substr(0, at);
      if (at == std::string_view::npos) return copied;
      const std::size_t end = text.find_first_not_of("0123456789abcdef", at + begin.size());
      copied += model::blind_digest(word_of(std::string(text.substr(at, end - at))));
      text.remove_prefix(std::min(end, text.size()));
    }
  }

  // What a manifest says of itself, and nothing that the server adds.
  static void complete(Json& json, const model::Object& object) {
    json["apiVersion"] = object.id().api_version;
    json["kind"] = object.id().kind;
    json["metadata"].erase("uid");
  }

  const cluster::Snapshot& snapshot_;
  std::map<std::string, std::string> word_of_;
  std::size_t words_ = 0;
};

}  // namespace

std::string facts_text(const cluster::Snapshot& snapshot,
                       const std::set<ListeningView::Absent>& absent, std::string_view kubernetes) {
  return FactsWriter(snapshot).run(absent, kubernetes);
}

Result<std::size_t> write_facts(const std::string& path, std::string_view text) {
  if (text.size() > limits::kYamlDocument)
    return Error{Error::Code::TooLarge, "more than 16 MiB, which check --facts does not read"};
  std::string beside = path + ".XXXXXX";
  const int descriptor = ::mkstemp(beside.data());  // 0600, and new
  if (descriptor < 0)
    return Error{Error::Code::Unavailable, std::generic_category().message(errno)};
  ::close(descriptor);
  auto written = write_file(beside, text, Readers::OwnerAlone);
  std::error_code failed;
  if (written) std::filesystem::rename(beside, path, failed);
  if (written && !failed) return written;
  std::filesystem::remove(beside, failed);
  if (!written) return written.error();
  return Error{Error::Code::Unavailable, "cannot be put in the place of what is there"};
}

}  // namespace pxguard::cli
