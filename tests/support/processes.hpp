// Other processes, looked at through /proc.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/run_program.hpp"
#include "scission/base.hpp"

namespace scission::testing {

struct ProcessLook {
  pid_t id = 0;
  pid_t parent = 0;
  std::string command;  ///< its words, separated by blanks
};

/// All running processes, without zombies and without the symbolizer of a sanitizer.
inline std::vector<ProcessLook> running_processes() {
  std::vector<ProcessLook> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    std::ifstream stat_file(entry.path() / "stat");
    std::ifstream command_file(entry.path() / "cmdline");
    std::string stat;
    std::ostringstream command;
    if (!std::getline(stat_file, stat)) continue;
    command << command_file.rdbuf();
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    std::string state;
    ProcessLook look;
    fields >> state >> look.parent;
    if (state == "Z" || state == "X") continue;
    look.id = std::stoi(name);
    look.command = command.str();
    for (char& letter : look.command) letter = letter == '\0' ? ' ' : letter;
    if (look.command.find("llvm-symbolizer") != look.command.npos) continue;
    all.push_back(std::move(look));
  }
  return all;
}

/// The descendants of these processes.
inline std::vector<pid_t> descendants_of(std::vector<pid_t> roots) {
  const std::vector<ProcessLook> all = running_processes();
  std::vector<pid_t> found;
  while (!roots.empty()) {
    const pid_t parent = roots.back();
    roots.pop_back();
    for (const ProcessLook& look : all) {
      if (look.parent != parent) continue;
      found.push_back(look.id);
      roots.push_back(look.id);
    }
  }
  return found;
}

/// Processes whose command contains the words.
inline std::vector<pid_t> processes_of(const std::string& words) {
  std::vector<pid_t> found;
  for (const ProcessLook& look : running_processes()) {
    if (look.command.find(words) != std::string::npos) found.push_back(look.id);
  }
  return found;
}

inline bool all_gone(const std::vector<pid_t>& processes) {
  for (const ProcessLook& look : running_processes()) {
    for (const pid_t process : processes) {
      if (look.id == process) return false;
    }
  }
  return true;
}

/// Polls until the condition holds, up to a time limit.
inline bool happens_within(double seconds, const std::function<bool()>& happens) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    if (happens()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return happens();
}

inline bool has_stress_ng() {
  try {
    return run_program({"stress-ng", {"--version"}, ".", "install stress-ng"}).succeeded;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace scission::testing
