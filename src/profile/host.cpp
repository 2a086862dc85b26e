// What this machine says about itself. Linux.
#include <sched.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string_view>

#include "base/text.hpp"
#include "scission/base/version.hpp"
#include "scission/profile/profile.hpp"

namespace scission {
namespace {

// What stands behind the separator in the file's first line that begins with `key`; empty when
// there is none.
std::string value_of(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || text::trim(line.substr(0, at)) != key) continue;
    std::string_view value = text::trim(std::string_view(line).substr(at + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return std::string(value);
  }
  return {};
}

// x86 names the processor in /proc/cpuinfo; ARM boards name the board in the device tree, as a
// string that ends with a zero byte.
std::string cpu_name() {
  std::string name = value_of("/proc/cpuinfo", "model name", ':');
  if (!name.empty()) return name;
  std::ifstream board("/proc/device-tree/model");
  std::getline(board, name, '\0');
  return name;
}

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return {};
  return name;
}

int usable_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

std::string date_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char date[] = "0000-00-00T00:00:00Z";
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return date;
}

}  // namespace

HostContext this_host() {
  HostContext context;
  context.host = host_name();
  context.os = value_of("/etc/os-release", "PRETTY_NAME", '=');
  context.cpu = cpu_name();
  context.cores = usable_cores();
  context.memory_bytes = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  context.tool_version = version();
  context.date = date_now();
  return context;
}

}  // namespace scission
