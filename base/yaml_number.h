// Numbers as go-yaml reads them and as Go writes them.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace pxguard::yaml {

// Integers beyond 63 bits are of a type of their own.
using ReadNumber = std::variant<std::int64_t, std::uint64_t, double>;

// Without underscores. None where the text is no such number or does not fit.
std::optional<ReadNumber> read_integer(std::string_view text);
std::optional<ReadNumber> read_float(std::string_view text);

// As Go's encoding/json writes it. None for infinities and what is not a number.
std::optional<std::string> to_json(double number);
// As a key of an object: sigs.k8s.io/yaml writes it with the precision of 32 bits.
std::string to_key(double number);

// '+', '-' or, where there is none, '\0'.
char sign_of(std::string_view text);
// Cuts the decimal digits off the front.
std::string_view take_digits(std::string_view& rest);

}  // namespace pxguard::yaml
