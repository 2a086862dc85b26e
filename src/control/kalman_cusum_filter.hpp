// Estimates how much longer something takes than its profile says, by a Kalman filter with a CUSUM
// test for abrupt changes.
#pragma once

#include <array>

#include "scission/control.hpp"

namespace scission {

/// A system or link that takes this much longer than its profile says is slow.
inline constexpr double min_slowdown = 1.1;

/// The profile's time for one observation. A link's ping is fixed and bytes / rate variable; the
/// time of a system, and of a link measured as a curve, is all variable.
struct ExpectedTime {
  double fixed_s = 0;
  double variable_s = 0;
};

/// Two factors, on the fixed and on the variable part of a time, with their uncertainty.
///
/// Model: the logarithms u, v of the factors drift and revert to 0, the profile
/// (Ornstein-Uhlenbeck process with `spread` and `forgetting_s`); an observation is
/// fixed · e^u + variable · e^v, times noise whose variance is estimated as well. The filter is an
/// extended Kalman filter over (u, v); where transfers of one size cannot tell the two apart, the
/// innovation is divided by weight and uncertainty of the parts. Abrupt changes are detected by a
/// two-sided CUSUM test of the standardised innovations (Page 1954; Gustafsson, "Adaptive Filtering
/// and Change Detection", 2000), after which the filter restarts from the run of innovations that
/// triggered the test. Consecutive observations may have correlated noise: with the estimated
/// correlation ρ, the variance of the noise counts (1 + ρ) / (1 − ρ) times.
/// Deviations are clipped, so that a single outlier has little effect. O(1) time and memory.
class KalmanCusumFilter {
 public:
  /// Until the first observation the estimate is the profile, with `start_spread` at `begin_s`.
  explicit KalmanCusumFilter(const SlowdownFilterOptions& options = {}, double begin_s = 0);

  /// Learns from an observation. Ignored when the expected time is 0, or `seconds` is not positive
  /// and finite. A `now_s` before the last one counts as the last one.
  void observe(const ExpectedTime& expected, double seconds, double now_s);

  /// The expected factors at that time, which revert to the profile without observations. These are
  /// means, as times are added up; the mean of multiplicative noise is above its median.
  double fixed_factor(double now_s) const { return factor(fixed, now_s); }
  double variable_factor(double now_s) const { return factor(variable, now_s); }  ///< the same

  /// Error of (log fixed, log variable) due to noise, as of the last observation: a square root of
  /// the covariance matrix, whose row k is one standard deviation in the k-th direction.
  std::array<std::array<double, 2>, 2> noise_directions() const;

  /// Standard deviations of the logarithms at that time, including drift since the last
  /// observation.
  double fixed_stddev(double now_s) const;
  double variable_stddev(double now_s) const;  ///< the same

  double noise() const;        ///< relative standard deviation of a single observation
  double correlation() const;  ///< of the noise of consecutive observations: 0 to 0.75
  bool is_suspicious() const;  ///< the change test is close to its threshold
  bool is_observed() const { return is_observed_; }  ///< at least once
  double observed_s() const { return time_s_; }      ///< last observation; before any, begin_s
  int changes() const { return changes_; }           ///< changes detected so far
  /// The last change after which it was slower than profiled, and before which it was not.
  double slow_since_s() const { return slow_since_s_; }

 private:
  using Pair = std::array<double, 2>;
  static constexpr int fixed = 0;  // indices of a pair
  static constexpr int variable = 1;

  struct Noise {
    double variance = 0;
    double covariance = 0;  // of consecutive observations
  };

  double decay(double now_s) const;
  double variance_at(int part, double now_s) const;
  double factor(int part, double now_s) const;
  void age(double now_s);
  void update(const Pair& shares, double innovation, double variance);
  double effective_noise_variance() const;
  bool detects_change(double deviation, double innovation);
  void restart_from_run(const Pair& shares);
  void learn_noise(double innovation, double predicted);

  SlowdownFilterOptions options_;
  Pair mean_{0, 0};
  Pair variance_;
  double covariance_ = 0;
  Noise noise_;
  Noise noise_before_run_;  // before the run of observations that may be a change
  double last_innovation_ = 0;
  Pair run_sum_{0, 0};  // innovations since the test was last at 0: rising, falling
  std::array<int, 2> run_count_{0, 0};
  Pair cusum_{0, 0};
  double time_s_ = 0;
  bool is_observed_ = false;
  int changes_ = 0;
  double slow_since_s_ = 0;
};

}  // namespace scission
