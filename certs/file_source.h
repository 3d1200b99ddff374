// A FileSource publishes the key pair that stands in two files, and looks at them again whenever it
// is asked: contents are compared, because a mounted Secret changes by a rename that no date shows.
// A pair is taken where it is one, and no worse than what is served: whoever replaces the files one
// after the other, or with something expired, leaves the one before in service.
//
// Threads: one may poll; the published pair is read by any number.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/published.h"
#include "base/result.h"
#include "certs/key_pair.h"

namespace pxguard::certs {

// Why `offered` should not take the place of `served`: it has expired or is not valid yet, is not
// for a name that the other one is for, or lacks the chain that the other one came with. None for
// what is no worse.
[[nodiscard]] std::optional<std::string> why_worse(const KeyPair& offered, const KeyPair& served,
                                                   std::chrono::system_clock::time_point now);

using FileReader = std::function<Result<std::string>(const std::string& path)>;

class FileSource {
 public:
  FileSource(std::string certificate_path, std::string key_path, FileReader read,
             Published<KeyPair>& pairs);

  enum class Change { None, Replaced, Refused };
  struct Look {
    Change change = Change::None;
    std::string why;  // of Refused: one sentence that names the files
  };
  // Refused is said once for each content that does not do; the pair from before stays in use.
  Look poll(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

  // What stands in the files now is not what is published.
  [[nodiscard]] bool is_failing() const { return failing_; }

 private:
  Look refuse(const std::string& seen, const std::string& why);

  const std::string certificate_path_;
  const std::string key_path_;
  const FileReader read_;
  Published<KeyPair>& pairs_;
  std::string served_;   // digest of what is published
  std::string refused_;  // digest of what was looked at last and did not do
  bool said_ = false;
  bool failing_ = false;
};

}  // namespace pxguard::certs
