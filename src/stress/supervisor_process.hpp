// A process that starts a program and ends it with all its descendants.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace scission {

/// The calling process's handles of a supervised program.
struct SupervisedProgram {
  pid_t supervisor = -1;
  int control = -1;  ///< closing it ends the program
  int status = -1;   ///< readable: an int, the errno of a failed start; end of file: ended
};

/// Starts `command`, found along PATH, under a supervisor process that is the subreaper of all its
/// descendants: each becomes the supervisor's child at the latest when its own parent ends. When
/// `control` is closed, when the program ends, or when the calling process is gone, the supervisor
/// kills its children until the kernel reports that none is left, and exits with 0. Throws
/// Error(io) when the system has no descriptor or process left.
SupervisedProgram start_supervised(std::vector<std::string> command);

}  // namespace scission
