#include "base/run_program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

/// The changes in the child between fork and exec.
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

/// A process with stdout and stderr redirected to a pipe, and the pipe's read end.
struct Child {
  pid_t process = 0;
  Descriptor output = {};
};

[[noreturn]] void fail_not_installed(const ProgramCall& call) {
  throw Error(ErrorCode::unsupported,
              fmt::format("{} is not installed; {}", call.program, call.remedy));
}

/// argv; points into `words`.
std::vector<char*> argument_vector(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

Child start(const ProgramCall& call) {
  Pipe pipe(call.program);
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), pipe.writing.number(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), pipe.writing.number(), STDERR_FILENO);
  const std::string folder = call.folder.empty() ? "." : call.folder.string();
  posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());

  std::vector<std::string> words{call.program};
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  Child child{0, std::move(pipe.reading)};
  const int failure = posix_spawnp(&child.process, call.program.c_str(), actions.get(), nullptr,
                                   argument_vector(words).data(), environ);
  if (failure == 0) return child;
  if (failure == ENOENT) fail_not_installed(call);
  throw Error(ErrorCode::io, std::strerror(failure), call.program);
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

}  // namespace

void require_program(const ProgramCall& call) {
  const auto is_there = [&](const std::filesystem::path& folder) {
    return access((folder / call.program).c_str(), X_OK) == 0;
  };
  if (call.program.find('/') != std::string::npos) {
    if (!is_there({})) fail_not_installed(call);
    return;
  }
  const char* path = std::getenv("PATH");
  const std::vector<std::string_view> folders = text::split(path ? path : "/usr/bin:/bin", ':');
  if (std::none_of(folders.begin(), folders.end(), is_there)) fail_not_installed(call);
}

ProgramResult run_program(const ProgramCall& call) {
  const Child child = start(call);
  ProgramResult result;
  result.output = read_all(child.output.number());
  const int status = wait_for(child.process);
  result.succeeded = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  return result;
}

WorkFolder::WorkFolder(const std::filesystem::path& parent) {
  std::string pattern = (parent / ".scission-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw Error(ErrorCode::io, fmt::format("cannot be written to: {}", std::strerror(errno)),
                folder_text(parent));
  }
  path_ = pattern;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace scission
