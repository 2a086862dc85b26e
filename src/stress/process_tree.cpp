#include "stress/process_tree.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace scission {
namespace {

namespace fs = std::filesystem;

struct Process {
  pid_t parent = 0;
  std::int64_t resident_bytes = 0;
};

/// "PID (NAME) STATE PPID …": the name may hold anything, ")" too. The 24th field is resident
/// pages.
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
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto process = text::to_int(entry.path().filename().string());
    if (!process) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    if (std::getline(file, stat)) all[*process] = parse_stat(stat);
  }
  return all;
}

}  // namespace

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

std::int64_t available_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string word;
  std::int64_t kibibytes = 0;
  while (file >> word) {
    if (word == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace scission
