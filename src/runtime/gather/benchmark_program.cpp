// Runs scission-benchmark for a worker's clients, with checked arguments.
#include "scission/runtime/gather/gather.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "scission/base.hpp"

namespace scission::runtime {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view input_shape = "--input-shape";
/// A word of letters, digits and a few signs without a meaning to a shell or file system.
bool is_plain(std::string_view word) {
  return !word.empty() && word.front() != '-' && word.front() != '.' &&
         std::all_of(word.begin(), word.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-' || c == '%';
         });
}

/// "1,3,224,224;tokens=1,128:int64<30522".
bool is_shape(std::string_view word) {
  constexpr std::string_view signs = ",:;<.=- ";
  return !word.empty() && word.front() != '-' && std::all_of(word.begin(), word.end(), [&](char c) {
    return is_plain({&c, 1}) || signs.find(c) != signs.npos;
  });
}

/// "cpu=50,memory=50".
bool is_stress(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_plain({&c, 1}) || c == ',' || c == '=';
  });
}

/// "fp16,int8+zstd".
bool is_codecs(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_plain({&c, 1}) || c == ',' || c == '+' || c == '-';
  });
}

/// Whether the word may follow the option. Codecs are calibrated on random inputs, as no path may
/// come from outside.
bool is_value_of(const std::string& option, std::string_view word) {
  if (!option.starts_with("--") || option.find('=') != option.npos) return false;
  if (option == input_shape) return is_shape(word);
  if (option == "--codecs") return is_codecs(word) && word.front() != '-';
  if (option == "--calibrate") return word == "random";
  return option == "--stress" ? is_stress(word) : is_plain(word);
}

bool is_allowed(std::string_view word) {
  if (!word.starts_with("--")) return false;
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals).substr(2);
  const bool is_known = std::find(remote_benchmark_options.begin(), remote_benchmark_options.end(),
                                  name) != remote_benchmark_options.end();
  if (!is_known || equals == word.npos) return is_known;
  return is_value_of(std::string(word.substr(0, equals)), word.substr(equals + 1));
}

void validate_plain(const std::string& word, const std::string& place) {
  if (is_plain(word)) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("'{}' must be letters, digits, '.', '_' or '-'", word), place);
}

std::vector<std::string> words_of(const std::string& options) {
  std::vector<std::string> words;
  std::istringstream lines(options);
  for (std::string line; std::getline(lines, line);) {
    const bool is_value = !words.empty() && is_value_of(words.back(), line);
    if (!is_value && !is_allowed(line)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is not an option that a worker accepts", line), "options");
    }
    words.push_back(line);
  }
  return words;
}

fs::path program_path() {
  return fs::read_symlink("/proc/self/exe").parent_path() / "scission-benchmark";
}

/// A profile made under stress lies in a subfolder.
fs::path only_profile(const fs::path& folder, const std::string& name) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().filename() == name) return entry.path();
  }
  return folder / name;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t end = text.rfind('\n');
  return end == std::string::npos ? text : text.substr(end + 1);
}

/// The output, or its end when it is long. Calls `watch` at least five times a second.
std::string read_end(const Descriptor& output, const std::function<void()>& watch) {
  constexpr int pause_ms = 200;
  constexpr std::size_t most = std::size_t{1} << 20;
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    watch();
    pollfd readable{output.number(), POLLIN, 0};
    const int ready = poll(&readable, 1, pause_ms);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t count = read(output.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > most) text.erase(0, text.size() / 2);
  }
}

/// Unlike the worker, the child blocks and ignores no signal.
class SpawnSetting {
 public:
  explicit SpawnSetting(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSetting(const SpawnSetting&) = delete;
  SpawnSetting& operator=(const SpawnSetting&) = delete;
  ~SpawnSetting() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  /// 0, or an errno.
  int spawn(pid_t* process, std::vector<std::string> command) const {
    std::vector<char*> words;
    for (std::string& word : command) words.push_back(word.data());
    words.push_back(nullptr);
    return posix_spawn(process, command[0].c_str(), &actions_, &attributes_, words.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> benchmark_arguments(const BenchmarkJob& job) {
  std::vector<std::string> arguments{"--models", job.model};
  if (job.file.empty()) {
    validate_plain(job.model, "model");
  } else {
    arguments = {"--model", job.file.string()};
  }
  for (std::string& word : words_of(job.options)) arguments.push_back(std::move(word));
  return arguments;
}

}  // namespace

/// The running program, if any.
struct BenchmarkProgram::Process {
  const std::string name;
  const double speed;
  const std::vector<std::string> operators;
  std::mutex mutex;
  pid_t pid = 0;  ///< 0: none
  bool is_stopped = false;

  Process(std::string system, double fraction, std::vector<std::string> libraries)
      : name(std::move(system)), speed(fraction), operators(std::move(libraries)) {}

  void start(const std::vector<std::string>& command, int output);
  int wait();
  void interrupt();  ///< asks it to end; may be repeated
  void stop();
};

BenchmarkProgram::BenchmarkProgram(std::string name, double speed,
                                   std::vector<std::string> operators)
    : process_(std::make_unique<Process>(std::move(name), speed, std::move(operators))) {}

BenchmarkProgram::~BenchmarkProgram() = default;

void BenchmarkProgram::stop() { process_->stop(); }

std::string BenchmarkProgram::run(const BenchmarkJob& job) {
  validate_plain(job.platform, "platform");
  validate_plain(process_->name, "name");
  const std::vector<std::string> further = benchmark_arguments(job);
  const WorkFolder folder(fs::temp_directory_path());
  std::vector<std::string> command{program_path().string(), job.platform, process_->name, "-o",
                                   folder.path().string()};
  if (process_->speed != 1)
    command.insert(command.end(), {"--speed", fmt::format("{}", process_->speed)});
  for (const std::string& library : process_->operators) {
    command.insert(command.end(), {"--operators", library});
  }
  command.insert(command.end(), further.begin(), further.end());
  Pipe pipe("scission-benchmark");
  process_->start(command, pipe.writing.number());
  pipe.writing.close();
  const std::string output = read_end(pipe.reading, [&] {
    if (job.is_cancelled && job.is_cancelled()) process_->interrupt();
  });
  if (process_->wait() != 0)
    throw Error(ErrorCode::mismatch, last_line(output), "scission-benchmark");
  return read_file(
      only_profile(folder.path(), fmt::format("{}-{}.json", job.platform, process_->name)));
}

void BenchmarkProgram::Process::start(const std::vector<std::string>& command, int output) {
  const std::lock_guard lock(mutex);
  if (is_stopped) throw Error(ErrorCode::mismatch, "the worker is shutting down", "benchmark");
  const int failure = SpawnSetting(output).spawn(&pid, command);
  if (failure == 0) return;
  pid = 0;
  throw Error(
      ErrorCode::unsupported,
      fmt::format("cannot be started: {}; install it beside this program", std::strerror(failure)),
      "scission-benchmark");
}

// Its number stays its own until it is reaped, so stop() never signals another process.
int BenchmarkProgram::Process::wait() {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  pid = 0;
  return status;
}

void BenchmarkProgram::Process::interrupt() {
  const std::lock_guard lock(mutex);
  if (pid > 0) kill(pid, SIGTERM);
}

void BenchmarkProgram::Process::stop() {
  const std::lock_guard lock(mutex);
  is_stopped = true;
  if (pid > 0) kill(pid, SIGTERM);
}

}  // namespace scission::runtime
