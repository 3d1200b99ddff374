#include "cli/fix_report.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/report/layout.h"

namespace pxguard::cli {
namespace {

using Json = nlohmann::ordered_json;
using report::counted;
using report::wrap;
using rules::Severity;

std::string line_of(const Treated& one) {
  return fmt::format("{} {} ({}:{}): {}", one.rule, one.object.display(), one.file, one.line,
                     one.message);
}

// What --enable adds itself is no finding.
std::string summary_of(const FixReport& report) {
  const RepairedFiles& repaired = report.repaired;
  const std::string left = fmt::format("{} left", repaired.left.size());
  const std::string files = counted(repaired.texts.size() - report.unwritten.size(), "file");
  const std::string_view unwritten =
      report.is_write ? "" : "; nothing was written: --write does it";
  if (repaired.mended.empty() && repaired.texts.empty()) return "nothing to change; " + left;
  if (repaired.mended.empty())
    return fmt::format("PX-Security is turned on in {}, {}{}", files, left, unwritten);
  return fmt::format("{} {} in {}, {}{}", counted(repaired.mended.size(), "problem"),
                     report.is_write ? "mended" : "can be mended", files, left, unwritten);
}

std::string mended_lines(const FixReport& report) {
  std::string text;
  for (const Treated& one : report.repaired.mended)
    text += wrap(report.is_done(one) ? "mended: " : "can be mended: ", line_of(one));
  const auto& mended = report.repaired.mended;
  const bool is_anew = std::any_of(mended.begin(), mended.end(),
                                   [](const Treated& one) { return one.is_made_anew; });
  if (!is_anew || report.is_enable) return text;
  return text + wrap("",
                     "A cluster that has these classes refuses such a change: delete each class "
                     "and apply its file again. Volumes that exist keep what they have.");
}

std::string secrets_lines(const FixReport& report) {
  if (report.repaired.secrets.empty()) return {};
  return "The Secrets that keys in clear text need (bash; each value is asked for, none is "
         "shown):\n" +
         commands_for(report.repaired.secrets) +
         wrap("",
              "These keys are known to whoever could read the files: replace them as planned "
              "work.");
}

Json to_json(const model::ObjectId& id) {
  return {
      {"apiVersion", id.api_version}, {"kind", id.kind}, {"namespace", id.ns}, {"name", id.name}};
}

Json to_json(const Treated& one) {
  Json json = {{"rule", one.rule},
               {"severity", rules::to_string(one.severity)},
               {"file", one.file},
               {"line", one.line},
               {"object", to_json(one.object)},
               {"path", one.path},
               {"message", one.message}};
  if (!one.why_not.empty()) json["why"] = one.why_not;
  return json;
}

Json to_json(const SecretToMake& secret) {
  return {{"namespace", secret.ns},      {"name", secret.name}, {"key", secret.key},
          {"variable", secret.variable}, {"file", secret.file}, {"line", secret.line}};
}

template <class T>
Json list(const std::vector<T>& values) {
  Json json = Json::array();
  for (const T& value : values) json.push_back(to_json(value));
  return json;
}

}  // namespace

std::string fix_data(const FixReport& report) {
  std::string text;
  for (const FixReport::Diff& diff : report.diffs) {
    if (!report.is_write) text += diff.text;
  }
  if (report.steps.empty()) return text;
  return text + (text.empty() ? "" : "\n") + report.steps;
}

std::string fix_talk(const FixReport& report, bool is_quiet) {
  std::string text = is_quiet ? "" : mended_lines(report);
  for (const Treated& one : report.repaired.left) {
    if (is_quiet && one.severity == Severity::Info) continue;
    text += wrap("left: ", line_of(one)) + wrap("      ", one.why_not);
  }
  for (const auto& [file, reason] : report.repaired.after->skipped())
    if (!is_quiet) text += wrap("skipped: ", file + ": " + reason);
  for (const auto& [file, line, message] : report.repaired.after->problems()) {
    const std::string place = line > 0 ? fmt::format("{}:{}", file, line) : file;
    text += wrap("not read: ", place + ": " + message);
  }
  text += secrets_lines(report) + wrap("", summary_of(report));
  const bool is_cut = std::any_of(report.diffs.begin(), report.diffs.end(),
                                  [](const FixReport::Diff& diff) { return diff.is_cut; });
  if (!is_cut || report.is_write) return text;
  return text + wrap("",
                     "Where the diff has ... a secret may stand, or a comment; --write keeps "
                     "them.");
}

std::string fix_json(const FixReport& report) {
  const RepairedFiles& repaired = report.repaired;
  Json json = {{"schema", "pxguard.io/fix/v1"},
               {"written", report.is_write},
               {"mended", list(repaired.mended)},
               {"left", list(repaired.left)}};
  json["files"] = Json::array();
  for (const FixReport::Diff& diff : report.diffs) {
    const bool is_written = report.is_write && !report.unwritten.contains(diff.file);
    json["files"].push_back(
        {{"file", diff.file}, {"written", is_written}, {"diff", diff.text}, {"cut", diff.is_cut}});
  }
  json["secrets"] = list(repaired.secrets);
  json["skipped"] = Json::array();
  for (const auto& [file, reason] : repaired.after->skipped())
    json["skipped"].push_back({{"file", file}, {"reason", reason}});
  json["errors"] = Json::array();
  for (const auto& [file, line, message] : repaired.after->problems())
    json["errors"].push_back({{"file", file}, {"line", line}, {"message", message}});
  if (!report.steps.empty()) json["steps"] = report.steps;
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
}

}  // namespace pxguard::cli
