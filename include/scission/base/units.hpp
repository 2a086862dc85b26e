// Units of bytes, bits and seconds, and their formatting for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

inline constexpr double bytes_per_megabyte = 1e6;  ///< 1 MB = 10^6 bytes
inline constexpr double bytes_per_gigabyte = 1e9;
inline constexpr double bytes_per_megabit = 125'000;  ///< 1 Mbit = 10^6 bits
inline constexpr double milliseconds_per_second = 1'000;
inline constexpr double seconds_per_hour = 3'600;

/// "812 ns", "3.42 ms", "9.01 s", "2 min 05 s": three significant digits below a minute.
SCISSION_EXPORT std::string format_duration(double seconds);

/// "139 ± 6 ms", "1.22 ± 0.04 s": with half the width of its interval, in the same unit and with
/// enough digits to show it; a width that four decimals do not show is "0.1224 ± 0.0000 s".
SCISSION_EXPORT std::string format_duration(double seconds, double half_width);

/// As format_duration() of one value, and "-" for 0: unknown, or too short for the clock.
SCISSION_EXPORT std::string duration_or_dash(double seconds);

/// "128 B", "602 kB", "3.21 MB", "1.20 GB": decimal units, three significant digits.
SCISSION_EXPORT std::string format_bytes(double bytes);

/// "600kB", "12MB", "1.5GB" or "128B" in bytes, and a bare number in `default_unit` bytes; empty
/// for anything else.
SCISSION_EXPORT std::optional<double> parse_bytes(std::string_view text, double default_unit = 1);

/// "812", "25.6 M", "7.73 G": three significant digits, for parameters and operations.
SCISSION_EXPORT std::string format_count(double count);

}  // namespace scission
