// Units of bytes, bits and seconds, and their formatting for people.
#pragma once

#include <cstdint>
#include <string>

#include "scission/base/export.hpp"

namespace scission {

inline constexpr double bytes_per_megabyte = 1e6;  ///< 1 MB = 10^6 bytes
inline constexpr double bytes_per_gigabyte = 1e9;
inline constexpr double bytes_per_megabit = 125'000;  ///< 1 Mbit = 10^6 bits
inline constexpr double milliseconds_per_second = 1'000;

/// "812 ns", "3.42 ms", "9.01 s", "2 min 05 s": three significant digits below a minute.
SCISSION_EXPORT std::string format_duration(double seconds);

/// "128 B", "602 kB", "3.21 MB", "1.20 GB": decimal units, three significant digits.
SCISSION_EXPORT std::string format_bytes(double bytes);

/// "812", "25.6 M", "7.73 G": three significant digits, for parameters and operations.
SCISSION_EXPORT std::string format_count(double count);

}  // namespace scission
