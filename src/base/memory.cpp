#include "base/memory.hpp"

#include <sstream>
#include <string>

#include "base/file.hpp"
#include "scission/base/error.hpp"

namespace scission {

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
