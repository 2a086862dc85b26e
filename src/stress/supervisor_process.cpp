// After the fork, only async-signal-safe calls: other threads of the calling process may have held
// any lock, the memory allocator's too.
#include "stress/supervisor_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "scission/base.hpp"

namespace scission {
namespace {

constexpr int control_end = 3;  // descriptor numbers in the supervisor
constexpr int status_end = 4;
constexpr int parent_poll_ms = 100;  // between checks whether the calling process exists

void set_signals(void (*handler)(int)) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, handler);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_from(unsigned first) {
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  for (int descriptor = static_cast<int>(first); descriptor < 65536; ++descriptor) {
    close(descriptor);
  }
}

/// Closes all other descriptors of the calling process, so that it can reopen its sockets'
/// addresses.
void keep_only(int control, int status) {
  const int high_control = fcntl(control, F_DUPFD, 10);
  const int high_status = fcntl(status, F_DUPFD, 10);
  dup2(high_control, control_end);
  dup2(high_status, status_end);
  fcntl(status_end, F_SETFD, FD_CLOEXEC);
  fcntl(control_end, F_SETFD, FD_CLOEXEC);
  close_from(status_end + 1);
  const int nothing = open("/dev/null", O_RDWR);
  for (int standard = 0; standard <= 2; ++standard) dup2(nothing, standard);
  if (nothing > 2) close(nothing);
}

void report(int code) {
  const ssize_t ignored = write(status_end, &code, sizeof code);
  (void)ignored;
}

/// The kernel kills this process when its parent ends.
void set_parent_death_signal() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

[[noreturn]] void exec_program(char* const* command) {
  set_signals(SIG_DFL);
  set_parent_death_signal();
  execvp(command[0], command);
  report(errno);
  _exit(127);
}

/// Kills every child. Their own children become children of this process, for the next call.
void kill_children() {
  const int list = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (list < 0) return;
  std::array<char, 4096> text{};
  const ssize_t bytes = read(list, text.data(), text.size() - 1);
  close(list);
  pid_t child = 0;
  for (ssize_t i = 0; i < bytes; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      child = child * 10 + (text[i] - '0');
    } else {
      if (child > 1) kill(child, SIGKILL);
      child = 0;
    }
  }
}

/// Returns when the kernel reports that there is no child: a subreaper without children has no
/// descendants.
void end_all(pid_t group) {
  for (;;) {
    if (group > 0) kill(-group, SIGKILL);
    kill_children();
    pid_t ended = 0;
    do {
      ended = waitpid(-1, nullptr, WNOHANG);
    } while (ended > 0);
    if (ended < 0 && errno == ECHILD) return;
    poll(nullptr, 0, 5);
  }
}

/// Whether the program has ended. Reaps other children too.
bool has_ended(pid_t program) {
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended == program || (ended < 0 && errno == ECHILD)) return true;
    if (ended <= 0) return false;
  }
}

/// Returns when the program has ended, the calling process is gone, or `control` is closed.
void wait_for_exit_event(pid_t program, pid_t caller) {
  pollfd control{control_end, POLLIN, 0};
  while (getppid() == caller && !has_ended(program)) {
    if (poll(&control, 1, parent_poll_ms) > 0) return;
  }
}

[[noreturn]] void run_holder(char* const* command, pid_t caller, int control, int status) {
  set_signals(SIG_IGN);
  setsid();
  keep_only(control, status);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NAME, "scission-holder");
  const pid_t program = _Fork();
  if (program == 0) {
    setpgid(0, 0);
    exec_program(command);
  }
  if (program < 0) {
    report(errno);
    _exit(1);
  }
  setpgid(program, program);
  wait_for_exit_event(program, caller);
  end_all(program);
  _exit(0);
}

struct SocketPair {
  int reading = -1;
  int writing = -1;

  SocketPair() {
    std::array<int, 2> ends{};
    // Sockets, because a write to a pipe without reader would raise SIGPIPE.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw Error(ErrorCode::io, std::strerror(errno), "stress-ng");
    }
    reading = ends[0];
    writing = ends[1];
  }
};

}  // namespace

SupervisedProgram start_supervised(std::vector<std::string> command) {
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  const SocketPair control;
  const SocketPair status;
  const pid_t caller = getpid();
  const pid_t supervisor = _Fork();
  if (supervisor == 0) {
    close(control.writing);
    run_holder(words.data(), caller, control.reading, status.writing);
  }
  const int failure = errno;
  close(control.reading);
  close(status.writing);
  if (supervisor > 0) return {supervisor, control.writing, status.reading};
  close(control.writing);
  close(status.reading);
  throw Error(ErrorCode::io, std::strerror(failure), "stress-ng");
}

}  // namespace scission
