// The engine alone: bytes of a review in, bytes of the answer out, again and again. Prints what one
// took on average; run it under callgrind for instructions.
//
// usage: bench_engine ITERATIONS REVIEW.json...
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "rules/model/cluster_view.h"
#include "webhook/admit.h"

namespace {

std::string read(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int main(int count, char** words) {
  using namespace pxguard;
  if (count < 3) return 2;
  const int iterations = std::atoi(words[1]);
  const policy::Policy policy = policy::Policy::defaults();
  const model::EmptyView view;
  for (int file = 2; file < count; ++file) {
    const std::string body = read(words[file]);
    std::size_t bytes = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < iterations; ++i)
      bytes += webhook::admit(body, policy, view, {}).body.size();
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    std::cout << words[file] << ' ' << body.size() << " bytes in, "
              << bytes / static_cast<std::size_t>(iterations)
              << " out: " << time.count() / iterations << " us\n";
  }
}
