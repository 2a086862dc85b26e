// What a process and all that it has started take.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace scission {

struct TreeUse {
  int processes = 0;  ///< descendants
  std::int64_t resident_bytes = 0;
};

/// Of the descendants of `root`, itself not counted; those that end meanwhile are left out.
TreeUse use_of_tree(pid_t root);

/// MemAvailable of this machine, in bytes; 0 where it is not known.
std::int64_t available_memory_bytes();

}  // namespace scission
