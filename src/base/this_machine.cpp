#include "base/this_machine.hpp"

#include <sched.h>
#include <unistd.h>

#include <sstream>

#include "base/file.hpp"
#include "scission/base.hpp"

namespace scission {

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

std::int64_t parse_available_memory(std::string_view meminfo) {
  std::istringstream words{std::string(meminfo)};
  for (std::string word; words >> word;) {
    std::int64_t kibibytes = 0;
    if (word == "MemAvailable:" && words >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

std::int64_t available_memory_bytes() {
  try {
    return parse_available_memory(read_file("/proc/meminfo"));
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace scission
