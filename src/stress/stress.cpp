#include "stress/stress.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/seconds.hpp"
#include "scission/base/error.hpp"
#include "stress/holder_process.hpp"
#include "stress/process_tree.hpp"

namespace scission {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double patience_s = 30;
constexpr auto look = std::chrono::milliseconds(20);

Error failure(const std::string& message, ErrorCode code = ErrorCode::io) {
  return {code, message, "stress-ng"};
}

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

std::vector<std::string> command_of(const StressLevel& level, std::int64_t memory_bytes) {
  std::vector<std::string> command{"stress-ng", "--quiet", "--oomable", "--temp-path", "/tmp"};
  if (level.cpu_percent > 0) {
    // In slices shorter than a request, of which each then meets its share; by default half the
    // load comes as a good part of a second with and one without.
    command.insert(command.end(), {"--cpu", std::to_string(usable_processors()), "--cpu-load",
                                   std::to_string(level.cpu_percent), "--cpu-load-slice", "5"});
  }
  if (level.memory_percent > 0) {
    command.insert(command.end(), {"--vm", "1", "--vm-bytes", std::to_string(memory_bytes),
                                   "--vm-keep", "--vm-populate"});
  }
  return command;
}

}  // namespace

/// The caller's end of a held program.
class Stress::Holder {
 public:
  explicit Holder(HeldProgram held) : held_(held) {}

  ~Holder() {
    let_go();
    close(held_.status);
    if (!is_reaped_) waitpid(held_.holder, nullptr, WNOHANG);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t process() const { return held_.holder; }

  /// Throws where the program could not be started.
  void check_start() {
    int code = 0;
    if (!has_news() || read(held_.status, &code, sizeof code) != ssize_t{sizeof code}) return;
    if (code == ENOENT)
      throw failure("is not installed; install stress-ng", ErrorCode::unsupported);
    throw failure(fmt::format("cannot be started: {}", std::strerror(code)));
  }

  bool is_on() const { return held_.control >= 0 && !has_news(); }

  void stop() {
    let_go();
    const auto start = Clock::now();
    while (!is_reaped()) {
      if (seconds_since(start) > patience_s) {
        throw failure(fmt::format("does not end within {:.0f} s; its holder is process {}",
                                  patience_s, held_.holder));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  /// The holder writes or closes its end only when something is over.
  bool has_news() const {
    pollfd status{held_.status, POLLIN, 0};
    return poll(&status, 1, 0) > 0;
  }

  void let_go() {
    if (held_.control < 0) return;
    // Not only closed: a child that this process has forked may have the same end.
    // A holder that has ended must not end this process with SIGPIPE.
    const ssize_t ignored = send(held_.control, "x", 1, MSG_NOSIGNAL);
    (void)ignored;
    close(held_.control);
    held_.control = -1;
  }

  bool is_reaped() {
    if (!is_reaped_) is_reaped_ = waitpid(held_.holder, nullptr, WNOHANG) != 0;
    return is_reaped_;
  }

  HeldProgram held_;
  bool is_reaped_ = false;
};

Stress::Stress(const StressLevel& level) : level_(level) {
  validate_stress(level);
  if (!level.is_any()) return;
  memory_bytes_ = stress_memory_bytes(level, available_memory_bytes());
  holder_ = std::make_unique<Holder>(hold(command_of(level, memory_bytes_)));
  try {
    wait_until_it_works();
  } catch (...) {
    stop();  // what it has taken so far is given back before anybody tries again
    throw;
  }
}

Stress::~Stress() {
  try {
    stop();
  } catch (const Error&) {
    // Nothing more can be done from here; the holder goes on trying.
  }
}

bool Stress::is_on() const { return holder_ && holder_->is_on(); }

void Stress::stop() {
  if (!holder_) return;
  holder_->stop();
  holder_.reset();
}

void Stress::wait_until_it_works() {
  constexpr double bytes_per_s = 200e6;  // a slow machine's, of zeroing pages
  const double most_s = 10 + static_cast<double>(memory_bytes_) / bytes_per_s;
  const auto start = Clock::now();
  for (;;) {
    holder_->check_start();
    if (!holder_->is_on()) {
      holder_->check_start();
      throw failure("ended at once; was there memory enough? Try a lower level");
    }
    const TreeUse use = use_of_tree(holder_->process());
    const bool has_memory = use.resident_bytes >= memory_bytes_ / 10 * 9;
    if (use.processes >= 2 && has_memory) return;
    if (seconds_since(start) > most_s) {
      throw failure(fmt::format("has taken {} of {} MB of memory after {:.0f} s",
                                use.resident_bytes / 1'000'000, memory_bytes_ / 1'000'000, most_s));
    }
    std::this_thread::sleep_for(look);
  }
}

}  // namespace scission
