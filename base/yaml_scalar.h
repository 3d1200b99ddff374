// How Kubernetes reads one YAML scalar: the rules of sigs.k8s.io/yaml, which are those of YAML 1.1
// with exceptions. tests/golden/yaml holds its answers.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pxguard::yaml {

struct Null {};

// Integers beyond 63 bits are of a type of their own: they cannot be keys.
using Scalar = std::variant<Null, bool, std::int64_t, std::uint64_t, double, std::string>;

// The rules that a scalar is read by.
enum class Reading {
  Literal,   // quoted or a block, without a tag: always a string
  Resolved,  // plain, or with a tag
};

// None where the tag does not fit the text. `tag` is the long form, "" where there is none.
std::optional<Scalar> read_scalar(std::string_view text, std::string_view tag, Reading reading);

}  // namespace pxguard::yaml
