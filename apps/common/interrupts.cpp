#include "interrupts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/seconds.hpp"
#include "scission/base.hpp"

namespace scission::apps {
namespace {

/// What the handler writes to and take() reads from. It stays open: a handler may be at work in
/// another thread while an Interrupts goes.
struct Pipe {
  int reading = -1;
  int writing = -1;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) {
    throw Error(ErrorCode::io,
                "cannot wait for signals: " + std::generic_category().message(errno));
  }
  return {ends[0], ends[1]};
}

const Pipe& signal_pipe() {
  static const Pipe pipe = open_pipe();
  return pipe;
}

// Does not block: a full pipe holds enough signals already.
void keep(int signal) {
  const int error = errno;
  const auto number = static_cast<unsigned char>(signal);
  const ssize_t ignored = write(signal_pipe().writing, &number, sizeof number);
  (void)ignored;
  errno = error;
}

}  // namespace

// Shells start what is in the background with SIGINT ignored, and mean it.
Interrupts::Interrupts() : kept_{Kept{SIGINT}, Kept{SIGTERM}} {
  signal_pipe();  // before a handler needs it
  for (Kept& kept : kept_) {
    sigaction(kept.signal, nullptr, &kept.before);
    if (kept.before.sa_handler == SIG_IGN) continue;
    struct sigaction action {};
    action.sa_handler = keep;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    kept.is_caught = sigaction(kept.signal, &action, nullptr) == 0;
  }
}

// What comes when the work is over has nothing left to interrupt.
Interrupts::~Interrupts() {
  for (const Kept& kept : kept_) {
    if (kept.is_caught) sigaction(kept.signal, &kept.before, nullptr);
  }
  while (take()) {
  }
}

int Interrupts::descriptor() const { return signal_pipe().reading; }

std::optional<int> Interrupts::take() const {
  unsigned char number = 0;
  if (read(descriptor(), &number, sizeof number) != 1) return std::nullopt;
  return number;
}

std::optional<int> Interrupts::wait(std::optional<double> max_s) const {
  constexpr double longest_poll_s = 3600;
  const auto start = std::chrono::steady_clock::now();
  while (true) {
    if (const auto signal = take()) return signal;
    const double left_s = max_s ? *max_s - seconds_since(start) : longest_poll_s;
    if (left_s <= 0) return std::nullopt;
    pollfd waiting{descriptor(), POLLIN, 0};
    poll(&waiting, 1, static_cast<int>(1000 * std::min(left_s, longest_poll_s)) + 1);
  }
}

sigset_t block_signals(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace scission::apps
