// What a server wants of the process that it is in, and what the process allows it.
#pragma once

#include <cstddef>

namespace pxguard::webhook {

// Signals and the allocator, for the process as a whole.
void prepare_process();

// As many of `wanted` as there are descriptors for: only at its cap does a server know whom to
// evict for a newcomer, so the cap has to come before the descriptors end.
std::size_t affordable_connections(std::size_t wanted);

// One a core within bounds: a node may have a hundred, and each keeps a parser of 22 MB once it has
// seen a body of 1 MiB. Eight answer a hundred thousand reviews a second.
unsigned usual_workers();

// Of the errors of accept(): one that passes when somebody closes something.
bool is_short_of_descriptors(int error);

// Gives memory back after a crowd has left: the allocator by itself keeps what is not at the end of
// one of its heaps.
//
// Threads: one at a time.
class AfterTheCrowd {
 public:
  // Once in a while, with the number of connections. Takes milliseconds where many have left.
  void look(std::size_t open);

 private:
  std::size_t most_ = 0;
  int looks_left_ = 0;  // until it gives back what the last of a crowd have left
};

}  // namespace pxguard::webhook
