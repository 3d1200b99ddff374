// What one rule says about one object of a text: at admission, or as the objects stand.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/manifest/manifest_set.h"
#include "rules/apply.h"
#include "rules/catalogue.h"

namespace pxguard::test {

struct Said {
  std::vector<rules::Finding> findings;
  std::vector<std::string> unverified;
};

// Of one rule about one object of `text`.
inline Said said(std::string_view rule, const std::string& text, std::size_t index,
                 rules::Moment moment, std::string_view before = {}) {
  const manifest::ManifestSet set({{.file = "a.yaml", .content = text}}, {});
  const manifest::ManifestSet old_set({{.file = "old.yaml", .content = std::string(before)}}, {});
  REQUIRE(set.objects().size() > index);
  const model::Object& object = set.objects()[index];
  const rules::Views views(object, set);
  std::optional<rules::Views> old;
  if (!before.empty()) old.emplace(old_set.objects().front(), set);
  const rules::Settings settings;
  const rules::Situation situation{
      .object = object,
      .view = set,
      .settings = settings,
      .now = std::chrono::system_clock::time_point(),
      .operation = old ? rules::Operation::Update : rules::Operation::Create,
      .moment = moment};
  const rules::Rule* const wanted[] = {rules::find_rule(rule)};
  rules::Applied applied = rules::apply(wanted, views, old ? &*old : nullptr, situation);
  Said result;
  for (rules::RuleFinding& finding : applied.findings)
    result.findings.push_back(std::move(finding.finding));
  for (rules::RuleUnverified& unverified : applied.unverified)
    result.unverified.push_back(std::move(unverified.needs));
  return result;
}

}  // namespace pxguard::test
