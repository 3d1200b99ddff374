#include "cli/report/json.h"

#include <nlohmann/json.hpp>

namespace pxguard::report {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const model::ObjectId& id) {
  return {
      {"apiVersion", id.api_version}, {"kind", id.kind}, {"namespace", id.ns}, {"name", id.name}};
}

Json to_json(const Summary& summary) {
  return {{"files", summary.files},           {"objects", summary.objects},
          {"rules", summary.rules},           {"errors", summary.errors},
          {"warnings", summary.warnings},     {"infos", summary.infos},
          {"unverified", summary.unverified}, {"exceptions", summary.exceptions},
          {"skipped", summary.skipped}};
}

Json to_json(const Cluster& cluster) {
  return {
      {"server", cluster.server}, {"kubernetes", cluster.kubernetes}, {"refused", cluster.refused}};
}

Json to_json(const Finding& finding) {
  Json json = {{"rule", finding.rule},
               {"name", finding.name},
               {"severity", rules::to_string(finding.severity)},
               {"action", rules::to_string(finding.action)},
               {"file", finding.place.file},
               {"line", finding.mark.line},
               {"column", finding.mark.column},
               {"object", to_json(finding.place.object)},
               {"path", finding.path},
               {"pointer", finding.pointer},
               {"message", finding.message},
               {"found", finding.found},
               {"want", finding.want},
               {"why", finding.why},
               {"fix", finding.fix},
               {"docs", finding.docs}};
  if (!finding.patch.empty()) json["patch"] = Json::parse(finding.patch);
  if (!finding.note.empty()) json["note"] = finding.note;
  return json;
}

Json to_json(const Unverified& unknown) {
  return {{"rule", unknown.rule},
          {"file", unknown.place.file},
          {"object", to_json(unknown.place.object)},
          {"needs", unknown.needs}};
}

Json to_json(const ExceptionUse& use) {
  return {{"rule", use.rule},     {"file", use.place.file}, {"object", to_json(use.place.object)},
          {"reason", use.reason}, {"expires", use.expires}, {"expired", use.expired}};
}

Json to_json(const Skipped& skipped) {
  return {{"file", skipped.file}, {"reason", skipped.reason}};
}

Json to_json(const Problem& problem) {
  return {{"file", problem.file}, {"line", problem.line}, {"message", problem.message}};
}

template <class T>
Json list(const std::vector<T>& values) {
  Json json = Json::array();
  for (const T& value : values) json.push_back(to_json(value));
  return json;
}

}  // namespace

std::string to_json(const Report& report) {
  Json json = {{"schema", "pxguard.io/report/v1"}};
  if (report.cluster()) json["cluster"] = to_json(*report.cluster());
  json["summary"] = to_json(report.summary());
  json["findings"] = list(report.findings());
  json["unverified"] = list(report.unverified());
  json["exceptions"] = list(report.exceptions());
  json["skipped"] = list(report.skipped());
  json["errors"] = list(report.problems());
  // Names of files may be any bytes; what is no UTF-8 is replaced.
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace pxguard::report
