// Real manifests and requests, which are no part of the project: PXGUARD_CORPUS names their folder,
// or they lie beside the checkout.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>

namespace pxguard::test {

// Empty where they are not there.
inline std::filesystem::path corpus() {
  if (const char* const folder = std::getenv("PXGUARD_CORPUS")) return folder;
  auto beside = std::filesystem::path(PXGUARD_SOURCE_DIR) / ".." / "shared" / "corpus";
  return std::filesystem::exists(beside / "INDEX.tsv") ? beside : std::filesystem::path();
}

// Whether they are there; else says that this test is skipped.
inline bool has_corpus(std::string_view test) {
  if (!corpus().empty()) return true;
  std::cout << "skipped: " << test << " (the corpus is not there: PXGUARD_CORPUS)\n";
  return false;
}

}  // namespace pxguard::test
