// A machine under stress, for as long as it is wanted and not a moment longer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// How much of a machine others take.
struct SCISSION_EXPORT StressLevel {
  int cpu_percent = 0;     ///< 0 to 100, of every processor that this process may use
  int memory_percent = 0;  ///< 0 to 100, of what is available when the stress begins

  bool is_any() const { return cpu_percent > 0 || memory_percent > 0; }  ///< not nothing

  friend bool operator==(const StressLevel&, const StressLevel&) = default;
};

/// "cpu=50,memory=100", either of them, in any order; "" is no stress.
/// Throws Error(invalid_argument) with `place` on anything else.
SCISSION_EXPORT StressLevel parse_stress(std::string_view text, const std::string& place);

/// The other way round, without what is 0: "cpu=50".
SCISSION_EXPORT std::string to_string(const StressLevel& level);

/// "under-cpu50-memory100": a folder for what was measured under it; "" for no stress.
SCISSION_EXPORT std::string folder_of(const StressLevel& level);

/// Throws Error(invalid_argument) that names the level unless both are from 0 to 100.
SCISSION_EXPORT void validate_stress(const StressLevel& level);

/// Memory that a level takes, in bytes: its share of nine tenths of what is available, so that at
/// 100 % the machine still lives.
SCISSION_EXPORT std::int64_t stress_memory_bytes(const StressLevel& level,
                                                 std::int64_t available_bytes);

/// Runs stress-ng while it lives. A process of its own holds stress-ng, with everything that
/// stress-ng forks: it is an adopter of orphans, and it kills all of them, and waits until none is
/// left, when it is told to, when this process ends in whatever way (SIGKILL included), and when
/// stress-ng ends of itself. One thread at a time may use it.
class SCISSION_EXPORT Stress {
 public:
  /// Returns when the processors are loaded and the memory is taken. No stress starts nothing.
  /// Throws Error(unsupported) with "install stress-ng" when it is not there, Error(io) when it
  /// ends at once or does not get the memory in time, Error(invalid_argument) as validate_stress().
  explicit Stress(const StressLevel& level);
  ~Stress();  ///< stop(), whatever comes of it
  Stress(const Stress&) = delete;
  Stress& operator=(const Stress&) = delete;

  const StressLevel& level() const { return level_; }  ///< as given

  /// False once stress-ng has ended of itself, by the kernel's hand where memory is short, or
  /// after stop().
  bool is_on() const;

  /// Returns when no process of it is left; that is what the holder has verified.
  /// Throws Error(io) when they do not end within 30 s.
  void stop();

 private:
  class Holder;

  void wait_until_it_works();

  StressLevel level_;
  std::int64_t memory_bytes_ = 0;
  std::unique_ptr<Holder> holder_;  // null: nothing was started, or all is over
};

}  // namespace scission
