#include "cli/fix.h"

#include <algorithm>
#include <ostream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/text.h"
#include "cli/check_input.h"
#include "cli/edit/unified_diff.h"
#include "cli/enable_security.h"
#include "cli/enable_steps.h"
#include "cli/fix_report.h"
#include "cli/manifest/text.h"
#include "cli/repair_files.h"
#include "cli/report/output.h"
#include "cli/shown_lines.h"
#include "rules/catalogue.h"
#include "rules/patch_tree.h"

namespace pxguard::cli {
namespace {

using rules::Severity;

class Fix {
 public:
  Fix(const FixOptions& options, const World& world) : options_(options), world_(world) {}

  int run() {
    if (options_.check.paths.empty() && options_.check.helm_values.empty())
      return wrong_usage("nothing to repair: give files, folders or -");
    if (options_.write && options_.diff) return wrong_usage("--diff or --write, not both");
    const auto outputs = report::parse_outputs(options_.check.delivery.formats);
    if (!outputs) return wrong_usage(outputs.error().message);
    if (!find_rules()) return kWrongUsage;
    const auto input = read_check_input(options_.check, "pxguard fix", world_.err);
    if (!input) return kWrongUsage;
    input_ = collect_manifests(options_.check);
    if (options_.enable) {
      enabling_ = enable_security(input_, input->reading, input->policy, options_.issuer);
      if (!enabling_.why_not.empty()) return wrong_usage("--enable: " + enabling_.why_not);
    }
    const manifest::Input& start = options_.enable ? enabling_.input : input_;
    repaired_ = repair_files({.input = start,
                              .reading = input->reading,
                              .policy = options_.enable ? enabling_.policy : input->policy,
                              .now = world_.now,
                              .only = only_});
    if (options_.enable) compare_with_original(input->reading);
    report_.is_write = options_.write;
    report_.is_enable = options_.enable;
    add_diffs();
    if (options_.enable) report_.steps = enabling_steps(enabling_, changed());
    bool is_written = !options_.write || write();
    is_written = say(*outputs) && is_written;
    return is_written ? status() : kOwnFault;
  }

 private:
  int wrong_usage(std::string_view why) {
    world_.err << "pxguard fix: " << why << '\n';
    return kWrongUsage;
  }

  bool find_rules() {
    for (const std::string& word : options_.rules) {
      const rules::Rule* const rule = rules::find_rule(word);
      if (rule == nullptr) {
        const auto meant = did_you_mean(word, rules::rule_words());
        wrong_usage(fmt::format("unknown rule \"{}\"{}", printable(word, 60),
                                meant ? fmt::format("; did you mean \"{}\"?", *meant)
                                      : "; pxguard rules lists them all"));
        return false;
      }
      only_.push_back(rule);
    }
    return true;
  }

  [[nodiscard]] const std::string& content_of(std::string_view file) const {
    const auto text = std::find_if(input_.texts.begin(), input_.texts.end(),
                                   [file](const auto& one) { return one.file == file; });
    return text->content;
  }

  // --- What is turned on -----------------------------------------------------------------------

  // What enabling wrote counts as well.
  void compare_with_original(const manifest::Options& reading) {
    repaired_.before = manifest::ManifestSet::made(input_, reading);
    for (const manifest::Text& text : enabling_.input.texts) {
      if (text.content != content_of(text.file)) repaired_.texts.emplace(text.file, text.content);
    }
    repaired_.public_texts.insert({enabling_.key_secret, enabling_.issuer});
    for (const std::string_view name : {"PORTWORX_AUTH_SYSTEM_KEY", "PORTWORX_AUTH_SYSTEM_APPS_KEY",
                                        "PORTWORX_AUTH_JWT_SHAREDSECRET"})
      repaired_.public_texts.emplace(name);
  }

  [[nodiscard]] Changed changed() const {
    Changed changed;
    for (const auto& [file, text] : repaired_.texts) changed.files.push_back(file);
    const auto& before = repaired_.before->objects();
    const auto& after = repaired_.after->objects();
    for (std::size_t i = 0; i < after.size() && i < before.size(); ++i) {
      const Member member{after[i].id(), after[i].file()};
      if (after[i].kind() == "ClusterPair") changed.pairs.push_back(member);
      const bool is_same =
          rules::PatchTree(after[i].root()).json() == rules::PatchTree(before[i].root()).json();
      if (after[i].kind() == "StorageClass" && !is_same) changed.classes.push_back(member);
    }
    return changed;
  }

  // --- What is done ------------------------------------------------------------------------------

  void add_diffs() {
    for (const auto& [file, text] : repaired_.texts) {
      const ShownLines before(*repaired_.before, file, repaired_.public_texts);
      const ShownLines after(*repaired_.after, file, repaired_.public_texts);
      FixReport::Diff diff{.file = file};
      diff.text = edit::unified_diff(
          file, content_of(file), text, [&](edit::Side side, int number, std::string_view line) {
            std::string shown = (side == edit::Side::After ? after : before).at(number, line);
            diff.is_cut = diff.is_cut || shown != line;
            return shown;
          });
      report_.diffs.push_back(std::move(diff));
    }
  }

  // All or nothing for each file; one that cannot be written does not keep back the others.
  bool write() {
    bool is_written = true;
    for (const auto& [file, text] : repaired_.texts) {
      if (file == manifest::kStandardInput) {
        world_.err << "standard input cannot be written: leave out --write, or give files\n";
        report_.unwritten.insert(file);
        continue;
      }
      const auto done = replace_file(file, content_of(file), text);
      if (done) continue;
      world_.err << fmt::format("{}: not written: {}\n", printable(file, 300),
                                done.error().message);
      report_.unwritten.insert(file);
      is_written = is_written && done.error().code == Error::Code::Invalid;
    }
    return is_written;
  }

  // --- What is said ------------------------------------------------------------------------------

  // False where a file for it cannot be written.
  bool say(const std::vector<report::Output>& outputs) {
    bool is_text = false;
    bool is_said = true;
    for (const report::Output& output : outputs) {
      const bool is_json = output.format == report::Format::Json;
      is_text = is_text || !is_json;
      is_said = deliver_text(is_json ? fix_json(report_) : fix_data(report_), output) && is_said;
    }
    const bool is_quiet = options_.check.delivery.quiet;
    if (is_text) world_.err << fix_talk(report_, is_quiet);
    return is_said;
  }

  bool deliver_text(const std::string& text, const report::Output& output) {
    if (output.is_standard()) {
      world_.out << text << std::flush;
      return true;
    }
    const auto done = write_file(output.file, text);
    if (done) return true;
    world_.err << fmt::format("{}: the report cannot be written: {}\n", printable(output.file, 300),
                              done.error().message);
    return false;
  }

  [[nodiscard]] int status() const {
    bool is_error = false;
    bool is_warning = false;
    const auto count = [&](const Treated& one) {
      is_error = is_error || one.severity == Severity::Error;
      is_warning = is_warning || one.severity == Severity::Warning;
    };
    for (const Treated& one : repaired_.left) count(one);
    for (const Treated& one : repaired_.mended) {
      if (!report_.is_done(one)) count(one);
    }
    const FailOn fail_on = options_.check.delivery.fail_on;
    if (fail_on != FailOn::Never && is_error) return kFindings;
    if (fail_on == FailOn::Warning && is_warning) return kFindings;
    const bool is_empty = repaired_.after->objects().empty() && !options_.check.allow_empty;
    return repaired_.after->problems().empty() && report_.unwritten.empty() && !is_empty
               ? kFine
               : kUnavailable;
  }

  const FixOptions& options_;
  const World& world_;
  std::vector<const rules::Rule*> only_;
  manifest::Input input_;
  RepairedFiles repaired_;
  Enabling enabling_;
  FixReport report_{.repaired = repaired_};
};

}  // namespace

int fix(const FixOptions& options, const World& world) { return Fix(options, world).run(); }

int fix(const FixOptions& options) { return fix(options, World::real()); }

}  // namespace pxguard::cli
