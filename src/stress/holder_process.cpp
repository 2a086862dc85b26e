// After the fork only calls that are safe in a signal handler: other threads of the caller may have
// held any lock, the memory allocator's too.
#include "stress/holder_process.hpp"

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

#include "scission/base/error.hpp"

namespace scission {
namespace {

constexpr int control_end = 3;  // the holder's own numbers
constexpr int status_end = 4;
constexpr int look_ms = 100;  // whether the caller is still there

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

/// Nothing of the caller's stays open here: not its sockets, which a restart would want.
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

void tell(int code) {
  const ssize_t ignored = write(status_end, &code, sizeof code);
  (void)ignored;
}

[[noreturn]] void become(char* const* command) {
  set_signals(SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execvp(command[0], command);
  tell(errno);
  _exit(127);
}

/// Has every child killed; those that they leave become children and come next.
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

/// Returns when the kernel says that there is no child: an adopter without children has no
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

/// Whether the program has ended; what others leave behind is reaped along the way.
bool has_ended(pid_t program) {
  for (;;) {
    const pid_t ended = waitpid(-1, nullptr, WNOHANG);
    if (ended == program || (ended < 0 && errno == ECHILD)) return true;
    if (ended <= 0) return false;
  }
}

void wait_for_a_reason(pid_t program, pid_t caller) {
  pollfd control{control_end, POLLIN, 0};
  while (getppid() == caller && !has_ended(program)) {
    if (poll(&control, 1, look_ms) > 0) return;
  }
}

[[noreturn]] void serve(char* const* command, pid_t caller, int control, int status) {
  set_signals(SIG_IGN);
  setsid();
  keep_only(control, status);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_NAME, "scission-holder");
  const pid_t program = _Fork();
  if (program == 0) {
    setpgid(0, 0);
    become(command);
  }
  if (program < 0) {
    tell(errno);
    _exit(1);
  }
  setpgid(program, program);
  wait_for_a_reason(program, caller);
  end_all(program);
  _exit(0);
}

struct Pair {
  int reading = -1;
  int writing = -1;

  Pair() {
    std::array<int, 2> ends{};
    // Sockets, as a write to a pipe that nobody reads would raise SIGPIPE.
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw Error(ErrorCode::io, std::strerror(errno), "stress-ng");
    }
    reading = ends[0];
    writing = ends[1];
  }
};

}  // namespace

HeldProgram hold(std::vector<std::string> command) {
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  const Pair control;
  const Pair status;
  const pid_t caller = getpid();
  const pid_t holder = _Fork();
  if (holder == 0) {
    close(control.writing);
    serve(words.data(), caller, control.reading, status.writing);
  }
  const int failure = errno;
  close(control.reading);
  close(status.writing);
  if (holder > 0) return {holder, control.writing, status.reading};
  close(control.writing);
  close(status.reading);
  throw Error(ErrorCode::io, std::strerror(failure), "stress-ng");
}

}  // namespace scission
