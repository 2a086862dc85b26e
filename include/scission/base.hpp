// Errors, units, the version, and the mark of what a shared build exports.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#if defined(_WIN32) || defined(__CYGWIN__)
#if defined(SCISSION_STATIC)
#define SCISSION_EXPORT
#elif defined(SCISSION_BUILDING)
#define SCISSION_EXPORT __declspec(dllexport)
#else
#define SCISSION_EXPORT __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SCISSION_EXPORT __attribute__((visibility("default")))
#else
#define SCISSION_EXPORT
#endif

// The version of the library. This is the only place where the number is written: CMake reads it
// from here.
#define SCISSION_VERSION_MAJOR 0
#define SCISSION_VERSION_MINOR 2
#define SCISSION_VERSION_PATCH 0
/// For comparisons by the preprocessor: 10000 · major + 100 · minor + patch.
#define SCISSION_VERSION \
  (SCISSION_VERSION_MAJOR * 10000 + SCISSION_VERSION_MINOR * 100 + SCISSION_VERSION_PATCH)

namespace scission {

/// Version of the library that runs, such as "0.2.0"; the macros are those of the headers.
SCISSION_EXPORT const char* version() noexcept;

// --- Errors ---

/// The kind of a failure.
enum class ErrorCode {
  invalid_argument,  ///< an argument is malformed or out of range
  infeasible,        ///< the request is well formed, but has no solution
  interrupted,       ///< a time limit or a stop_token ended the work before it had a result
  not_found,         ///< a file does not exist
  damaged,           ///< a file exists, but its contents are invalid
  mismatch,          ///< inputs that do not belong together, or a failed check
  unsupported,       ///< well formed, but not supported by this build
  io,                ///< reading, writing or starting another program failed
};

/// Every failure of the library. `message` is one line for a person and suggests a remedy; `place`
/// is a file and line, an option or a layer, and may be empty. what() is "place: message".
class SCISSION_EXPORT Error : public std::runtime_error {
 public:
  /// what() becomes "place: message", or the message alone without a place.
  Error(ErrorCode code, std::string message, std::string place = {});

  ErrorCode code() const noexcept { return code_; }                 ///< the kind of failure
  const std::string& message() const noexcept { return message_; }  ///< without the place
  const std::string& place() const noexcept { return place_; }      ///< may be empty

 private:
  ErrorCode code_;
  std::string message_;
  std::string place_;
};

// --- Units ---

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
