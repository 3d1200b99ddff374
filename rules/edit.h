// How an object is mended: edits that a finding carries, each about one place. They own their text,
// hold names and public words and never the bytes of a secret, and stand for the same thing
// everywhere: compose() makes a JSON Patch of them, cli/edit changes the text of a file.
//
// Threads: any number may read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/model/container.h"
#include "rules/model/field_path.h"

namespace pxguard::rules {

struct Edit {
  enum class Kind {
    Replace,  // the value that stands there
    Rename,   // a member: `value` is its new key
    Add,      // a member; maps on the way to it are made
    Append,   // an element at the end of a list, which is made
    Insert,   // an element before the one that has this position now
    Remove,   // a member or an element
  };

  Kind kind = Kind::Add;
  model::FieldPath at{};
  std::string value{};  // JSON; of Rename as well

  static Edit replace(model::FieldPath at, std::string_view text);
  static Edit replace(model::FieldPath at, bool value);
  static Edit rename(model::FieldPath at, std::string_view key);
  static Edit add(model::FieldPath at, std::string_view text);
  static Edit add(model::FieldPath at, bool value);
  static Edit insert(model::FieldPath at, std::string_view text);
  static Edit remove(model::FieldPath at);
  // A variable of a container: from a Secret, or with a public text.
  static Edit append(model::FieldPath list, std::string_view name, const model::SecretRef& ref);
  static Edit append(model::FieldPath list, std::string_view name, std::string_view text);
};

// What mends one finding, as a whole or not at all.
struct Repair {
  enum class Use {
    Everywhere,
    Creation,  // what an API server takes on CREATE alone
    Files,     // an API server refuses or drops what is mended before it asks us
    Request,   // in files, by whoever names the rule: it may be there on purpose
  };

  std::vector<Edit> edits{};
  Use use = Use::Everywhere;

  [[nodiscard]] bool empty() const { return edits.empty(); }
};

}  // namespace pxguard::rules
