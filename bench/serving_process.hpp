// A server in a separate process, which ends with this one.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>

namespace scission::bench {

struct Child {
  int port = 0;
  pid_t process = 0;
};

/// A forked process that runs `serve`, which writes its port to the pipe by tell_port(). Call it
/// before this process has a second thread. Throws std::runtime_error.
inline Child start_child(const std::function<void(int pipe)>& serve) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve(ends[1]);
    std::_Exit(0);
  }
  Child started{0, child};
  if (read(ends[0], &started.port, sizeof started.port) != sizeof started.port) {
    throw std::runtime_error("a process did not start");
  }
  return started;
}

/// Called once by the child, as soon as it serves.
inline void tell_port(int pipe, int port) {
  if (write(pipe, &port, sizeof port) != sizeof port) std::_Exit(1);
}

}  // namespace scission::bench
