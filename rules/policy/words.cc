#include "rules/policy/words.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace pxguard::policy {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 8;  // "  found "
// A title and five lines, some of them wrapped.
constexpr std::size_t kUsualBlock = 700;

void add_field(std::string& out, std::string_view label, std::string_view text) {
  constexpr std::size_t kWidth = kColumns - kIndent;
  out.append("  ").append(label).append(kIndent - 2 - label.size(), ' ');
  const std::string clean = printable(text, 2000);
  std::string_view rest = clean;
  while (rest.size() > kWidth) {
    // A word that is longer than a line has one of its own.
    std::size_t end = rest.rfind(' ', kWidth);
    if (end == std::string_view::npos) end = rest.find(' ', kWidth);
    if (end == std::string_view::npos) break;
    out.append(rest.substr(0, end)).append("\n").append(kIndent, ' ');
    rest.remove_prefix(end + 1);
  }
  out.append(rest).append("\n");
}

std::string warning(const Judged& judged, const model::ObjectId& object) {
  std::string line = std::string(judged.rule->id) + ' ' + object.display() + ": ";
  line.append(judged.message());
  if (!judged.finding.found.empty()) line += " (found " + judged.finding.found + ')';
  if (!judged.note.empty()) line += "; " + judged.note;
  return printable(line.append("; fix: ").append(judged.fix()), limits::kWarning);
}

std::string warning(const ExceptionUsed& used, const model::ObjectId& object) {
  return printable("exception of " + std::string(used.exception->rule->id) + " for " +
                       object.display() + " expired on " + used.exception->expires_text +
                       " and no longer applies: renew or remove it",
                   limits::kWarning);
}

}  // namespace

std::string counted(std::size_t count, std::string_view singular) {
  return std::to_string(count) + ' ' + std::string(singular) + (count == 1 ? "" : "s");
}

std::string headline(std::size_t problems, const model::ObjectId& object) {
  return counted(problems, "problem") + " in " + object.display();
}

std::string field(std::string_view label, std::string_view text) {
  std::string lines;
  add_field(lines, label, text);
  return lines;
}

std::string block(const Judged& judged) {
  std::string title(judged.rule->id);
  title.append(" ").append(judged.message());
  std::string text;
  text.reserve(kUsualBlock);
  text.append(printable(title, kColumns)).append("\n");
  const rules::Finding& finding = judged.finding;
  if (!finding.at.empty()) add_field(text, "at", finding.at.display());
  if (!finding.found.empty()) add_field(text, "found", finding.found);
  if (!finding.want.empty()) add_field(text, "want", finding.want);
  add_field(text, "why", judged.why());
  add_field(text, "fix", judged.fix());
  if (!judged.note.empty()) add_field(text, "note", judged.note);
  return text;
}

std::string denial(const Verdict& verdict, const model::ObjectId& object,
                   std::optional<std::chrono::seconds> view_age) {
  std::vector<std::string> blocks;
  for (const Judged& judged : verdict.findings) {
    if (judged.action == rules::Action::Deny) blocks.push_back(block(judged));
  }
  std::string text = headline(blocks.size(), object) + '\n';
  text.reserve(std::min(text.size() + blocks.size() * kUsualBlock, limits::kDenialMessage));
  constexpr std::size_t kRoomForMore = 80;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (text.size() + blocks[i].size() + kRoomForMore > limits::kDenialMessage) {
      return text + "and " + std::to_string(blocks.size() - i) +
             " more: run pxguard check on the manifest";
    }
    text += blocks[i];
  }
  while (text.ends_with('\n')) text.pop_back();
  if (view_age) text += "\nother objects as of " + std::to_string(view_age->count()) + " s ago";
  return text;
}

std::vector<std::string> warnings(const Verdict& verdict, const model::ObjectId& object) {
  std::vector<std::string> all;
  for (const Judged& judged : verdict.findings) {
    if (judged.action == rules::Action::Warn) all.push_back(warning(judged, object));
  }
  for (const ExceptionUsed& used : verdict.exceptions) {
    if (used.expired) all.push_back(warning(used, object));
  }
  constexpr std::size_t kMost = limits::kAllWarnings / limits::kWarning - 1;
  if (all.size() <= kMost + 1) return all;
  const std::size_t left_out = all.size() - kMost;
  all.resize(kMost);
  all.push_back("pxguard: " + std::to_string(left_out) +
                " more warnings left out; run pxguard check on the manifest");
  return all;
}

}  // namespace pxguard::policy
