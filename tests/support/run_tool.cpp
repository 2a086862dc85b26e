#include "support/run_tool.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace scission::testing {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (changes.count(text.substr(0, text.find('='))) == 0) environment.push_back(text);
  }
  for (const auto& [name, value] : changes) environment.push_back(name + "=" + value);
  return environment;
}

/// As exec wants them: pointers into the strings, and a null pointer at the end.
std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

int wait_for(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, 0) != process) throw std::runtime_error("waitpid failed");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// SIGINT ends the tool even where the tests themselves run in the background of a shell.
posix_spawnattr_t with_interrupts() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  return attributes;
}

}  // namespace

RunningTool::RunningTool(const std::string& tool, const std::vector<std::string>& arguments,
                         const ToolOptions& options) {
  const std::string out = streams_.path() / "out";
  const std::string err = streams_.path() / "err";
  constexpr int write_flags = O_WRONLY | O_CREAT | O_TRUNC;

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), write_flags, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), write_flags, 0600);
  posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
  posix_spawnattr_t attributes = with_interrupts();

  std::vector<std::string> command = {fs::path(SCISSION_TOOLS_FOLDER) / tool};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = merged_environment(options.environment);
  const int failure = posix_spawn(&process_, command[0].c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error("cannot start " + command[0]);
}

RunningTool::~RunningTool() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

void RunningTool::send(int signal) const { kill(process_, signal); }

std::string RunningTool::out() const { return contents(streams_.path() / "out"); }

std::string RunningTool::err() const { return contents(streams_.path() / "err"); }

ToolResult RunningTool::wait() {
  const int exit_code = wait_for(std::exchange(process_, -1));
  return {exit_code, out(), err()};
}

ToolResult run_tool(const std::string& tool, const std::vector<std::string>& arguments,
                    const ToolOptions& options) {
  return RunningTool(tool, arguments, options).wait();
}

}  // namespace scission::testing
