#include "cli/judge_files.h"

#include <string_view>
#include <utility>

#include "rules/policy/evaluate.h"

namespace pxguard::cli {
namespace {

using policy::Mode;

constexpr std::string_view kChangeRules = "PXS509 and PXS901 to PXS907 judge changes";

class FileJudge {
 public:
  FileJudge(const FilesToJudge& files, report::Report& report) : files_(files), report_(report) {}

  void run() {
    for (const model::Object& object : files_.set.objects()) judge(object);
    if (files_.against == nullptr) return note_missing_versions("the versions before (--against)");
    if (files_.against->set().objects().empty())
      note_missing_versions("the versions before: --against holds no object of these paths");
    for (const Against::Gone& gone : files_.against->gone()) judge_gone(gone);
  }

 private:
  void judge(const model::Object& object) {
    const auto before =
        files_.against != nullptr ? files_.against->before(object) : Against::Match{};
    if (before.is_ambiguous && is_judged_by_change(object, files_.set)) {
      report_.add_unverified(
          object, "PXS901",
          "which of several versions before is this object's: " + std::string(kChangeRules));
    }
    const policy::Subject subject{
        .object = object,
        .old = before.old,
        .operation = before.old != nullptr ? rules::Operation::Update : rules::Operation::Create,
        .old_view = before.old != nullptr ? &files_.against->set() : nullptr};
    add(object, subject, files_.set);
  }

  void judge_gone(const Against::Gone& gone) {
    const model::Object& object = *gone.object;
    const manifest::ManifestSet& before = files_.against->set();
    if (gone.unclear.empty())
      add(object, {.object = object, .operation = rules::Operation::Delete}, before);
    else if (is_judged_by_change(object, before))
      report_.add_unverified(object, "PXS901", gone.unclear + ": " + std::string(kChangeRules));
  }

  void add(const model::Object& object, const policy::Subject& subject,
           const manifest::ManifestSet& lines_of) {
    const report::LineOf lines = [&lines_of](std::string_view file, int line) {
      return lines_of.line(file, line);
    };
    report_.add(object, evaluate(subject, files_.set, files_.policy, files_.now, Mode::Check),
                lines);
  }

  // Rules about changes cannot speak of files alone: said once, on the first object concerned.
  void note_missing_versions(const std::string& needs) {
    const model::Object* first = nullptr;
    for (const model::Object& object : files_.set.objects()) {
      const bool is_first = first == nullptr || object.file() < first->file();
      if (is_first && is_judged_by_change(object, files_.set)) first = &object;
    }
    if (first == nullptr) return;
    report_.add_unverified(*first, "PXS901", needs + ": " + std::string(kChangeRules));
  }

  // Of the objects of `set`.
  [[nodiscard]] bool is_judged_by_change(const model::Object& object,
                                         const manifest::ManifestSet& set) const {
    const bool is_key_secret =
        object.kind() == "Secret" && files_.policy.settings.names_key_secret(object.id().name);
    const auto portworx = set.portworx(object);
    return is_key_secret || (portworx.get() != nullptr && &portworx.get()->object() == &object);
  }

  const FilesToJudge& files_;
  report::Report& report_;
};

}  // namespace

void judge_files(const FilesToJudge& files, report::Report& report) {
  FileJudge(files, report).run();
}

}  // namespace pxguard::cli
