// Times of the steady clock in seconds.
#pragma once

#include <chrono>

namespace scission {

inline double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

inline double steady_now_s() {
  return seconds(std::chrono::steady_clock::now().time_since_epoch());
}

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return seconds(std::chrono::steady_clock::now() - start);
}

/// How long the work takes.
template <typename Work>
double seconds_of(Work work) {
  const double start_s = steady_now_s();
  work();
  return steady_now_s() - start_s;
}

inline std::chrono::steady_clock::duration clock_duration(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace scission
