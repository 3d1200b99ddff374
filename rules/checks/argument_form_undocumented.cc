// PXS302: An argument of PX-Security in a form that Portworx does not document, or without its
// value.
#include <array>

#include "base/text.h"
#include "rules/model/portworx_names.h"
#include "rules/rule.h"

namespace pxguard::rules::argument_form_undocumented {
namespace {

bool is_public_argument(const model::Argument& argument) {
  return argument.key && !model::auth_name(*argument.key).is_secret;
}

Finding without_value(const model::Argument& argument) {
  const std::string flag(model::auth_name(*argument.key).argument);
  return {
      .at = argument.path,
      .message = "an argument of PX-Security has no value",
      .found = '"' + printable(argument.flag, 60) + "\" without a value behind it",
      .want = '"' + flag + "\" and its value as the next element",
      .why =
          "What comes next is read as another argument, or there is nothing: the setting is lost.",
      .fix = "Write " + flag + " and its value as two elements of the list, or remove it.",
      .reference = flag};
}

// The path of an element, when it is the only one that this argument is made of.
Repair write_as_two(const model::PortworxConfig& portworx, const model::Argument& argument,
                    const std::string& flag) {
  // misc-args is one line, and $(...) may be any number of words.
  if (portworx.storage_cluster() || argument.value.find("$(") != std::string::npos) return {};
  const std::string pointer = argument.path.pointer();
  std::size_t sharing = 0;
  for (const model::Argument& other : portworx.arguments())
    sharing += other.path.pointer() == pointer || other.value_path.pointer() == pointer ? 1 : 0;
  if (sharing != 1) return {};
  Repair repair{{Edit::replace(argument.path, flag)}};
  if (argument.value_path.pointer() != pointer) return repair;
  const std::size_t slash = pointer.rfind('/');
  const std::size_t position = std::stoul(pointer.substr(slash + 1));
  const bool is_command = pointer.substr(0, slash).ends_with("/command");
  repair.edits.push_back(Edit::insert(
      portworx.path().key(is_command ? "command" : "args").element(position + 1), argument.value));
  return repair;
}

Finding undocumented(const model::PortworxConfig& portworx, const model::Argument& argument) {
  const std::string flag(model::auth_name(*argument.key).argument);
  return {.at = argument.path,
          .severity = Severity::Warning,
          .found = '"' + printable(argument.flag, 60) + "\" in another form",
          .want = '"' + flag + "\" and its value as two elements of the list",
          .reference = flag,
          .repair = write_as_two(portworx, argument, flag)};
}

Findings on_portworx(const model::PortworxConfig& portworx,
                     const Context<model::PortworxConfig>& context) {
  if (!portworx.arguments_need().empty()) context.unverified(portworx.arguments_need());
  Findings findings;
  for (const model::Argument& argument : portworx.arguments()) {
    if (!is_public_argument(argument)) continue;
    if (!argument.has_value)
      findings.push_back(without_value(argument));
    else if (!argument.is_documented)
      findings.push_back(undocumented(portworx, argument));
  }
  return findings;
}

constexpr Check kChecks[] = {on_portworx};

}  // namespace

extern const Rule rule;
constinit const Rule rule = {
    .id = "PXS302",
    .name = "argument-form-undocumented",
    .title = "An argument is written in a form that is not documented",
    .rationale =
        "Only one dash, underscores and the value as the next element are documented; the "
        "operator's converter sees nothing else.",
    .fix = "Write the argument with one dash and underscores, and its value as the next element.",
    .by_hand =
        "kubectl get pods -A -l name=portworx -o jsonpath='{range "
        ".items[*].spec.containers[*].args[*]}{@}{\"\\n\"}{end}' | grep -iE "
        "'issuer|pubkey|claim|client'",
    .source =
        "px-runc reference of the Portworx documentation; operator pkg/migration/generate.go.",
    .since = "0.1",
    .severity = Severity::Error,
    .gates_upgrade = true,
    .checks = kChecks,
};

}  // namespace pxguard::rules::argument_form_undocumented
