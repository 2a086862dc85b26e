// How many requests a second there are.
#pragma once

#include <algorithm>

namespace scission {

/// A running mean of the time between requests, of which the last 20 or so count.
class Pace {
 public:
  void count(double now_s) {
    if (count_ > 0) {
      const double gap_s = std::max(0.0, now_s - last_s_);
      const double weight = std::max(least_weight, 1.0 / count_);
      mean_gap_s_ += weight * (gap_s - mean_gap_s_);
    }
    ++count_;
    last_s_ = now_s;
  }

  /// 0 while unknown.
  double per_s() const { return count_ > 1 && mean_gap_s_ > 0 ? 1 / mean_gap_s_ : 0; }

 private:
  static constexpr double least_weight = 0.05;

  long count_ = 0;
  double last_s_ = 0;
  double mean_gap_s_ = 0;
};

}  // namespace scission
