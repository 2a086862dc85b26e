// A load generator: keeps processors and memory of this machine busy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

/// The load of a machine by other work.
struct SCISSION_EXPORT StressLevel {
  int cpu_percent = 0;     ///< 0 to 100, of each processor that this process may use
  int memory_percent = 0;  ///< 0 to 100, of the memory available at the start

  bool is_any() const { return cpu_percent > 0 || memory_percent > 0; }

  friend bool operator==(const StressLevel&, const StressLevel&) = default;
};

/// Parses "cpu=50,memory=100"; both items are optional, in any order.
/// Throws Error(invalid_argument) with `place` on other text.
SCISSION_EXPORT StressLevel parse_stress(std::string_view text, const std::string& place);

/// The level as text, without items of 0: "cpu=50".
SCISSION_EXPORT std::string to_string(const StressLevel& level);

/// Folder name for measurements under the level: "under-cpu50-memory100"; "" without stress.
SCISSION_EXPORT std::string folder_of(const StressLevel& level);

/// Throws Error(invalid_argument) with the percentage unless both are 0 to 100.
SCISSION_EXPORT void validate_stress(const StressLevel& level);

/// Memory that a level occupies, in bytes: its share of nine tenths of the available memory, so
/// that the machine keeps running at 100 %.
SCISSION_EXPORT std::int64_t stress_memory_bytes(const StressLevel& level,
                                                 std::int64_t available_bytes);

/// Runs stress-ng from construction to destruction. A separate supervisor process is the subreaper
/// of stress-ng and all its descendants: it kills them and waits until none is left, on request,
/// when this process ends in any way (SIGKILL included), and when stress-ng ends. Not thread-safe.
class SCISSION_EXPORT Stress {
 public:
  /// Returns when the processors are loaded and the memory is occupied. Level 0 starts no process.
  /// Throws Error(unsupported) when stress-ng is not installed, Error(io) when it ends at the start
  /// or cannot occupy the memory in time, Error(invalid_argument) as validate_stress().
  explicit Stress(const StressLevel& level);
  ~Stress();  ///< stop(), ignoring errors
  Stress(const Stress&) = delete;
  Stress& operator=(const Stress&) = delete;

  const StressLevel& level() const { return level_; }  ///< as given

  /// False after stop(), and once stress-ng has ended, for example killed when memory ran out.
  bool is_on() const;

  /// Returns when the supervisor has verified that no process is left. Throws Error(io) when they
  /// do not end within 30 s.
  void stop();

 private:
  class Supervisor;

  void wait_until_active();

  StressLevel level_;
  std::int64_t memory_bytes_ = 0;
  std::unique_ptr<Supervisor> supervisor_;  // null at level 0 and after stop()
};

}  // namespace scission
