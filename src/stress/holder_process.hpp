// The process that holds a program and everything that it forks.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace scission {

/// What hold() leaves behind in the process that called it.
struct HeldProgram {
  pid_t holder = -1;
  int control = -1;  ///< closing it ends the program
  int status = -1;   ///< an int: 0, or the errno of starting; its end: the program is over
};

/// Starts `command`, found along PATH, in a process that adopts orphans: every descendant of the
/// program becomes its child at the latest when its own parent ends. When `control` is closed,
/// when the program ends, or when the calling process is gone, the holder kills all of them until
/// the kernel says that it has no child left, and ends with 0.
/// Throws Error(io) when there are no descriptors or processes left.
HeldProgram hold(std::vector<std::string> command);

}  // namespace scission
