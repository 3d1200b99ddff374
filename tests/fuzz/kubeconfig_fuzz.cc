// Any text is a cluster and a user, or a sentence that begins with the file. None of it is in the
// sentence but names: a kubeconfig is full of keys.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cluster/kubeconfig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  const auto setup = pxguard::cluster::read_kubeconfig({{"config", std::move(text)}}, "");
  if (setup) return 0;
  const std::string& why = setup.error().message;
  if (!why.starts_with("config") || why.size() > 2000) std::abort();
  for (const char c : why) {
    if (static_cast<unsigned char>(c) < ' ') std::abort();
  }
  return 0;
}
