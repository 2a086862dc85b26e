#include "gnuplot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "scission/error.hpp"
#include "text.hpp"

namespace scission {
namespace {

/// What to change in the child between fork and exec.
class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// gnuplot with stdout and stderr into a pipe. Returns its process and the pipe's reading end.
struct Child {
  pid_t process = 0;
  int output = 0;
};

Child start(const std::filesystem::path& script) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorCode::io, std::strerror(errno), "gnuplot");
  }
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), pipe_ends[1], STDERR_FILENO);
  const std::string folder = script.parent_path().empty() ? "." : script.parent_path().string();
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());

  std::string program = "gnuplot";
  std::string no_user_settings = "--default-settings";
  std::string file = script.filename().string();
  std::array<char*, 4> arguments{program.data(), no_user_settings.data(), file.data(), nullptr};
  Child child{0, pipe_ends[0]};
  const int failure = posix_spawnp(&child.process, program.c_str(), actions.get(), nullptr,
                                   arguments.data(), environ);
  close(pipe_ends[1]);
  if (failure == 0) return child;
  close(pipe_ends[0]);
  if (failure == ENOENT) {
    throw Error(ErrorCode::unsupported,
                "gnuplot is not installed; install gnuplot-nox to have pictures drawn");
  }
  throw Error(ErrorCode::io, std::strerror(failure), "gnuplot");
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// gnuplot echoes the line, points at the place with ^ and says what is wrong last.
std::string last_line(const std::string& output) {
  std::istringstream lines(output);
  std::string last = "failed without a word";
  for (std::string line; std::getline(lines, line);) {
    const std::string_view trimmed = text::trim(line);
    if (!trimmed.empty()) last = trimmed;
  }
  return last;
}

}  // namespace

std::string gnuplot_quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\'') quoted += '\'';
    quoted += code < ' ' || code == 0x7F ? ' ' : c;
  }
  return quoted + "'";
}

void run_gnuplot(const std::filesystem::path& script) {
  const Child child = start(script);
  const std::string output = read_all(child.output);
  close(child.output);
  const int status = wait_for(child.process);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw Error(ErrorCode::io, last_line(output), "gnuplot");
  }
}

}  // namespace scission
