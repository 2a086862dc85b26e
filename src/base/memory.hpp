// Memory of this machine.
#pragma once

#include <cstdint>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// Parses MemAvailable of /proc/meminfo, in bytes; 0 if it is missing.
SCISSION_EXPORT std::int64_t parse_available_memory(std::string_view meminfo);

/// Memory available to new work without swapping, in bytes; 0 if unknown.
SCISSION_EXPORT std::int64_t available_memory_bytes();

}  // namespace scission
