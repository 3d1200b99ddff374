// Commands, scripts and variables without the secrets in them. What a shell or a tool puts in later
// is no secret and stays; the rest of the text stays as it is, so that rules read it alike.
//
// Threads: one.
#pragma once

#include <string>
#include <string_view>

namespace pxguard::cluster {

// The literal of a variable: whole of the public ones, else a word in its place.
[[nodiscard]] std::string scrubbed_literal(std::string_view name, std::string_view literal);
// spec.options.token of a ClusterPair: what its form tells, and the claims of a JWT.
[[nodiscard]] std::string scrubbed_pair_token(std::string_view token);
// Any other text: whole unless it is a token or a private key.
[[nodiscard]] std::string scrubbed_text(std::string_view text);
// A field whose name says that its text is a secret.
[[nodiscard]] bool is_secret_field(std::string_view key);

// One after the other the elements of a command; a script is one element.
class CommandScrubber {
 public:
  std::string scrub(std::string_view element);

 private:
  enum class Next { Anything, Secret, Assignment };
  std::string scrub_script(std::string_view text);
  std::string scrub_word(std::string_view word);

  Next next_ = Next::Anything;
};

}  // namespace pxguard::cluster
