#include "cli/check_input.h"

#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "base/file_system.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/facts.h"
#include "cli/manifest/rendered.h"
#include "cli/read_policy.h"

namespace pxguard::cli {
namespace {

class Reader {
 public:
  Reader(const CheckOptions& options, std::string_view who, std::ostream& err)
      : options_(options), who_(who), err_(err) {}

  std::optional<CheckInput> read() {
    if (!read_policy() || !read_facts() || !read_versions()) return std::nullopt;
    input_.policy.settings.assume_security = options_.assume_security;
    input_.reading.absence =
        options_.complete ? manifest::Absence::Known : manifest::Absence::Unknown;
    input_.reading.default_namespace = options_.default_namespace;
    return std::move(input_);
  }

 private:
  bool read_policy() {
    auto policy = cli::read_policy(options_.policy, err_);
    if (policy) input_.policy = std::move(*policy);
    return policy.has_value();
  }

  // What the file says of versions, options may say better.
  bool read_facts() {
    if (options_.facts.empty()) return true;
    const std::string name = printable(options_.facts, 300);
    const auto text = read_file(options_.facts, limits::kYamlFile);
    if (!text) {
      err_ << fmt::format("{}: the facts cannot be read: {}\n", name, text.error().message);
      return false;
    }
    auto parsed = parse_facts(*text);
    for (const Error& error : parsed.errors)
      err_ << fmt::format("{}:{}: {}\n", name, error.line, error.message);
    rules::Settings& settings = input_.policy.settings;
    settings.kubernetes_version = parsed.facts.kubernetes;
    settings.portworx_version = parsed.facts.portworx;
    settings.stork_version = parsed.facts.stork;
    input_.reading.known = std::move(parsed.facts.known);
    return parsed.errors.empty();
  }

  bool read_versions() {
    rules::Settings& settings = input_.policy.settings;
    return read_version("--kubernetes-version", options_.kubernetes_version,
                        settings.kubernetes_version) &&
           read_version("--portworx-version", options_.portworx_version,
                        settings.portworx_version) &&
           read_version("--stork-version", options_.stork_version, settings.stork_version);
  }

  bool read_version(std::string_view option, const std::string& text,
                    std::optional<model::Version>& version) {
    if (text.empty()) return true;
    version = model::Version::parse(text);
    if (!version) {
      err_ << fmt::format("{}: {} takes a version as 1.31.4, not \"{}\"\n", who_, option,
                          printable(text, 40));
    }
    return version.has_value();
  }

  const CheckOptions& options_;
  const std::string_view who_;
  std::ostream& err_;
  CheckInput input_;
};

}  // namespace

std::optional<CheckInput> read_check_input(const CheckOptions& options, std::string_view who,
                                           std::ostream& err) {
  return Reader(options, who, err).read();
}

manifest::Input collect_manifests(const CheckOptions& options) {
  manifest::Input input = manifest::collect(options.paths);
  if (options.helm_values.empty()) return input;
  const std::string& file = options.helm_values;
  std::erase_if(input.texts, [&file](const manifest::Text& text) {
    return manifest::normal_path(text.file) == manifest::normal_path(file);
  });
  auto content = read_file(file, limits::kYamlFile);
  if (content)
    input.texts.push_back({.file = file, .content = std::move(*content), .is_values = true});
  else
    input.problems.push_back({file, 0, "cannot be read: " + content.error().message});
  return input;
}

}  // namespace pxguard::cli
