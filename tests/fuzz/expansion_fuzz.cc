// Variables of any names and values, a line each, as NAME=value: what they provide is read without
// a fault, $(VAR) included, and the value of a secret is never said.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "base/json_text.h"
#include "base/text.h"
#include "rules/model/cluster_view.h"
#include "rules/model/portworx_names.h"
#include "rules/model/setting.h"

namespace {

using namespace pxguard;

std::string manifest(std::string_view text) {
  std::string json = R"({"apiVersion":"v1","kind":"Pod","env":[)";
  bool is_first = true;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t equals = std::min(line.find('='), line.size());
    json += is_first ? "" : ",";
    json += R"({"name":)" + json::quote(line.substr(0, equals)) + R"(,"value":)" +
            json::quote(line.substr(std::min(equals + 1, line.size()))) + '}';
    is_first = false;
  }
  return json + "]}";
}

void check(const model::Setting& setting, bool is_public) {
  if (!is_public && setting.text) std::abort();
  if (setting.is_maybe() == setting.needs.empty()) std::abort();
  if (setting.value && !setting.is_provided()) std::abort();
  const std::string shown = setting.display();
  // Long enough to be no accident.
  const bool is_told = !is_public && setting.value && setting.value->size() > 16 &&
                       shown.find(setting.value->expose()) != std::string::npos;
  if (shown.empty() || is_told) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = json::Document::parse(manifest({reinterpret_cast<const char*>(data), size}));
  if (!parsed) return 0;  // not UTF-8
  const auto document = std::make_shared<const json::Document>(std::move(parsed).value());
  const model::Object object(document, document->root());
  const auto list = model::EnvList::read(document->root()["env"], {}, {});
  const std::vector<model::Argument> arguments;
  const model::EmptyView view;
  const model::Settings settings({object, list, arguments, view});
  for (const model::AuthName& name : model::kAuthNames)
    check(settings.variable(name.variable, !name.is_secret), !name.is_secret);
  check(settings.variable(model::kSharedSecretEnv, false), false);
  check(settings.variable(model::kStorkIssuerEnv, true), true);
  return 0;
}
