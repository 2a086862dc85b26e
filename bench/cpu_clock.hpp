// CPU time, which other programs on the machine do not lengthen.
#pragma once

#include <sys/resource.h>

#include <ctime>

namespace scission::bench {

/// CPU seconds of this process so far.
inline double own_cpu_s() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// CPU seconds of its child processes that have ended.
inline double children_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Thrown by a method at its deadline.
struct OutOfTime {};

/// A point in CPU time.
class CpuDeadline {
 public:
  explicit CpuDeadline(double seconds) : end_s_(own_cpu_s() + seconds) {}

  /// Throws OutOfTime when it has passed; reads the clock only once in many calls.
  void check() {
    if (++calls_ % 1024 == 0 && own_cpu_s() > end_s_) throw OutOfTime{};
  }

 private:
  double end_s_;
  unsigned calls_ = 0;
};

}  // namespace scission::bench
