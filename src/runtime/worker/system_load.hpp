// Load and memory of this machine and this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

namespace scission::runtime {

/// Processor time since the system's start, in ticks.
struct CpuTicks {
  std::uint64_t busy = 0;
  std::uint64_t all = 0;
};

/// Parses /proc/stat, whose first line sums all processors; waiting for a disk counts as idle.
CpuTicks parse_cpu_ticks(std::string_view stat);

/// Resident memory of this process, in bytes; 0 if unknown.
std::int64_t resident_memory_bytes();

/// The processors' load between two samples. Thread-safe.
class CpuLoad {
 public:
  /// Busy share of all processors, 0 to 1: since the last call if that was 0.2 s to 2 s ago,
  /// otherwise over 0.2 s, for which it blocks.
  double measure();

 private:
  using Clock = std::chrono::steady_clock;
  struct Sample {
    Clock::time_point time;
    CpuTicks ticks;
  };

  static Sample sample();

  std::mutex mutex_;
  std::optional<Sample> previous_;
};

}  // namespace scission::runtime
