#include "interrupts.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "scission/error.hpp"

namespace scission::apps {
namespace {

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Shells start what is in the background with SIGINT ignored, and mean it.
sigset_t interrupting_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t signals = interrupting_signals();
  descriptor_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (descriptor_ < 0) {
    throw Error(ErrorCode::io,
                "cannot wait for signals: " + std::generic_category().message(errno));
  }
  sigprocmask(SIG_BLOCK, &signals, &before_);
}

// What comes when the work is over has nothing left to interrupt.
Interrupts::~Interrupts() {
  while (take()) {
  }
  sigprocmask(SIG_SETMASK, &before_, nullptr);
  close(descriptor_);
}

std::optional<int> Interrupts::take() const {
  signalfd_siginfo info{};
  if (read(descriptor_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    return std::nullopt;
  }
  return static_cast<int>(info.ssi_signo);
}

}  // namespace scission::apps
