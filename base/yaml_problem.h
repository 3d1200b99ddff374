// What is wrong with a YAML text, in the words of a person who has to repair it.
//
// Threads: safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct yaml_parser_s;

namespace pxguard::yaml {

// What stopped libyaml. Never quotes the text: it may be a secret. Lines count from 1.
Error problem_of(const yaml_parser_s& parser, std::string_view text);

// The place in `text` where libyaml refused a \' in double quotes, if that is what stopped it.
std::optional<std::size_t> refused_quote_of(const yaml_parser_s& parser, std::string_view text);

// An error at a line of `text`, which counts from 1; says what to do where it is a template's line.
Error error_in(std::string_view text, int line, std::string message);

}  // namespace pxguard::yaml
