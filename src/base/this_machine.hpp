// This machine: its name, processors and memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

/// The host's name; empty where it has none.
SCISSION_EXPORT std::string host_name();

/// Logical processors that this process may use.
SCISSION_EXPORT int usable_cores();

/// Parses MemAvailable of /proc/meminfo, in bytes; 0 if it is missing.
SCISSION_EXPORT std::int64_t parse_available_memory(std::string_view meminfo);

/// Memory available to new work without swapping, in bytes; 0 if unknown.
SCISSION_EXPORT std::int64_t available_memory_bytes();

}  // namespace scission
