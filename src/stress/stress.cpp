#include "stress/stress.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <vector>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "base/text.hpp"
#include "base/this_machine.hpp"
#include "stress/supervisor_process.hpp"

namespace scission {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double max_stop_s = 30;
constexpr auto poll_interval = std::chrono::milliseconds(20);

Error failure(const std::string& message, ErrorCode code = ErrorCode::io) {
  return {code, message, "stress-ng"};
}

std::vector<std::string> command_of(const StressLevel& level, std::int64_t memory_bytes) {
  std::vector<std::string> command{"stress-ng", "--quiet", "--oomable", "--temp-path", "/tmp"};
  if (level.cpu_percent > 0) {
    // Slices shorter than a request, so that each request meets its share of the load: by default,
    // stress-ng alternates between long periods of full load and none.
    command.insert(command.end(), {"--cpu", std::to_string(usable_cores()), "--cpu-load",
                                   std::to_string(level.cpu_percent), "--cpu-load-slice", "5"});
  }
  if (level.memory_percent > 0) {
    command.insert(command.end(), {"--vm", "1", "--vm-bytes", std::to_string(memory_bytes),
                                   "--vm-keep", "--vm-populate"});
  }
  return command;
}

int* field_of(StressLevel& level, std::string_view name) {
  if (name == "cpu") return &level.cpu_percent;
  return name == "memory" ? &level.memory_percent : nullptr;
}

void validate_percent(int percent, const char* what) {
  if (percent >= 0 && percent <= 100) return;
  throw_invalid_argument(fmt::format("{} is not between 0 and 100 %", percent),
                         fmt::format("{} stress", what));
}

struct Process {
  pid_t parent = 0;
  std::int64_t resident_bytes = 0;
};

/// Parses "PID (NAME) STATE PPID …". The name may contain any character, ")" too; the 24th field is
/// the number of resident pages.
Process parse_stat(const std::string& stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == stat.npos || name_end + 2 >= stat.size()) return {};
  const auto fields = text::split(std::string_view(stat).substr(name_end + 2), ' ');
  if (fields.size() < 22) return {};
  const auto pages = text::to_double(fields[21]).value_or(0);
  return {text::to_int(fields[1]).value_or(0),
          static_cast<std::int64_t>(pages * static_cast<double>(sysconf(_SC_PAGESIZE)))};
}

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto process = text::to_int(entry.path().filename().string());
    if (!process) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    if (std::getline(file, stat)) all[*process] = parse_stat(stat);
  }
  return all;
}

/// Descendants of a process.
struct TreeUse {
  int processes = 0;
  std::int64_t resident_bytes = 0;
};

/// Without `root` itself. Processes that end meanwhile are not counted.
TreeUse use_of_tree(pid_t root) {
  const std::map<pid_t, Process> all = all_processes();
  TreeUse use;
  std::vector<pid_t> left{root};
  while (!left.empty()) {
    const pid_t parent = left.back();
    left.pop_back();
    for (const auto& [id, process] : all) {
      if (process.parent != parent) continue;
      ++use.processes;
      use.resident_bytes += process.resident_bytes;
      left.push_back(id);
    }
  }
  return use;
}

}  // namespace

StressLevel parse_stress(std::string_view text, const std::string& place) {
  StressLevel level;
  if (text::trim(text).empty()) return level;
  for (const std::string_view item : text::split(text, ',')) {
    const std::size_t equals = item.find('=');
    int* const field = field_of(level, text::trim(item.substr(0, equals)));
    const auto percent = equals == item.npos ? std::nullopt : text::to_int(item.substr(equals + 1));
    if (field == nullptr || !percent || *percent < 0 || *percent > 100) {
      throw_invalid_argument(
          fmt::format("'{}' is not a stress level; write cpu=50,memory=50, from 0 to 100 %", item),
          place);
    }
    *field = *percent;
  }
  return level;
}

std::string to_string(const StressLevel& level) {
  std::string text;
  if (level.cpu_percent > 0) text = fmt::format("cpu={}", level.cpu_percent);
  if (level.memory_percent > 0) {
    text += fmt::format("{}memory={}", text.empty() ? "" : ",", level.memory_percent);
  }
  return text;
}

std::string folder_of(const StressLevel& level) {
  std::string name;
  if (level.cpu_percent > 0) name += fmt::format("-cpu{}", level.cpu_percent);
  if (level.memory_percent > 0) name += fmt::format("-memory{}", level.memory_percent);
  return name.empty() ? name : "under" + name;
}

void validate_stress(const StressLevel& level) {
  validate_percent(level.cpu_percent, "cpu");
  validate_percent(level.memory_percent, "memory");
}

std::int64_t stress_memory_bytes(const StressLevel& level, std::int64_t available_bytes) {
  return available_bytes / 1000 * 9 * level.memory_percent;
}

/// The calling process's end of a supervised program.
class Stress::Supervisor {
 public:
  explicit Supervisor(SupervisedProgram program) : program_(program) {}

  ~Supervisor() {
    release();
    close(program_.status);
    if (!is_reaped_) waitpid(program_.supervisor, nullptr, WNOHANG);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  pid_t process() const { return program_.supervisor; }

  /// Throws if the program could not be started.
  void throw_start_failure() {
    int code = 0;
    if (!has_status() || read(program_.status, &code, sizeof code) != ssize_t{sizeof code}) return;
    if (code == ENOENT)
      throw failure("is not installed; install stress-ng", ErrorCode::unsupported);
    throw failure(fmt::format("cannot be started: {}", std::strerror(code)));
  }

  bool is_on() const { return program_.control >= 0 && !has_status(); }

  void stop() {
    release();
    const auto start = Clock::now();
    while (!is_reaped()) {
      if (seconds_since(start) > max_stop_s) {
        throw failure(fmt::format("did not end within {:.0f} s; its supervisor is process {}",
                                  max_stop_s, program_.supervisor));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  /// The supervisor writes to its end, or closes it, only when the program failed or ended.
  bool has_status() const {
    pollfd status{program_.status, POLLIN, 0};
    return poll(&status, 1, 0) > 0;
  }

  void release() {
    if (program_.control < 0) return;
    // Closing is not enough: a forked child of this process may have the same descriptor.
    // MSG_NOSIGNAL: if the supervisor has ended, SIGPIPE must not end this process.
    const ssize_t ignored = send(program_.control, "x", 1, MSG_NOSIGNAL);
    (void)ignored;
    close(program_.control);
    program_.control = -1;
  }

  bool is_reaped() {
    if (!is_reaped_) is_reaped_ = waitpid(program_.supervisor, nullptr, WNOHANG) != 0;
    return is_reaped_;
  }

  SupervisedProgram program_;
  bool is_reaped_ = false;
};

Stress::Stress(const StressLevel& level) : level_(level) {
  validate_stress(level);
  if (!level.is_any()) return;
  memory_bytes_ = stress_memory_bytes(level, available_memory_bytes());
  supervisor_ = std::make_unique<Supervisor>(start_supervised(command_of(level, memory_bytes_)));
  try {
    wait_until_active();
  } catch (...) {
    stop();  // frees the memory before a caller tries again
    throw;
  }
}

Stress::~Stress() {
  try {
    stop();
  } catch (const Error&) {
    // The supervisor keeps trying.
  }
}

bool Stress::is_on() const { return supervisor_ && supervisor_->is_on(); }

void Stress::stop() {
  if (!supervisor_) return;
  supervisor_->stop();
  supervisor_.reset();
}

void Stress::wait_until_active() {
  constexpr double bytes_per_s = 200e6;  // zeroing pages on a slow machine
  const double max_s = 10 + static_cast<double>(memory_bytes_) / bytes_per_s;
  const auto start = Clock::now();
  for (;;) {
    supervisor_->throw_start_failure();
    if (!supervisor_->is_on()) {
      supervisor_->throw_start_failure();
      throw failure("ended at the start, possibly for lack of memory; try a lower level");
    }
    const TreeUse use = use_of_tree(supervisor_->process());
    const bool has_memory = use.resident_bytes >= memory_bytes_ / 10 * 9;
    if (use.processes >= 2 && has_memory) return;
    if (seconds_since(start) > max_s) {
      throw failure(fmt::format("has occupied only {} of {} MB of memory after {:.0f} s",
                                use.resident_bytes / 1'000'000, memory_bytes_ / 1'000'000, max_s));
    }
    std::this_thread::sleep_for(poll_interval);
  }
}

}  // namespace scission
