// How busy this machine and this process are.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace scission::runtime {

/// Processors' time since the start of the system, in ticks.
struct CpuTicks {
  std::uint64_t busy = 0;
  std::uint64_t all = 0;
};

/// Of /proc/stat's text, whose first line is for all processors; waiting for a disk is idle.
CpuTicks parse_cpu_ticks(std::string_view stat);

/// MemAvailable of /proc/meminfo's text, in bytes; 0 when it is not there.
std::int64_t parse_available_memory(std::string_view meminfo);

/// What new work can have without pushing others out.
std::int64_t available_memory();

/// Memory of this process that is in RAM.
std::int64_t resident_memory();

/// The processors' load between two looks at them. Thread-safe.
class CpuLoad {
 public:
  /// Share of all processors that was busy, 0 to 1, over the last second or so: since the last call
  /// if that is between 0.2 s and 2 s ago, or else over 0.2 s that it takes for that.
  double measure();

 private:
  using Clock = std::chrono::steady_clock;
  struct Look {
    Clock::time_point time;
    CpuTicks ticks;
  };

  static Look look();

  std::mutex mutex_;
  std::optional<Look> before_;
};

}  // namespace scission::runtime
