// How much longer than its profile says something takes, learnt from what requests took.
#pragma once

#include <array>

#include "scission/base/export.hpp"

namespace scission {

/// How a TimeScale believes. Spreads are standard deviations of the logarithm of a factor, so 0.1
/// is about 10 %.
struct SCISSION_EXPORT TimeScaleOptions {
  double start_spread = 0.1;   ///< how far off the profile may be at the beginning
  double spread = 0.5;         ///< how far off it is in the long run, while nobody looks
  double fixed_spread = 0.25;  ///< the same for the fixed part: pings move less than rates
  double forgetting_s = 300;   ///< after so long unseen 1/e of what was learnt is left
  double first_noise = 0.1;    ///< noise of single observations, before it is known
  double allowance = 0.75;     ///< of the test for a change: deviation that counts as none
  double threshold = 4;        ///< of the same: this much beyond the allowance, in sum, is a change
  double outlier = 4;          ///< deviations count as so many standard deviations at most
};

/// What the profile expects of one observation: for a link ping and bytes / rate, for a system or
/// a measured curve all in the variable part.
struct SCISSION_EXPORT ExpectedTime {
  double fixed_s = 0;
  double variable_s = 0;
};

/// Two factors, on the fixed and on the variable part of a time, with their uncertainty.
///
/// Model: the logarithms u, v of the factors wander and are drawn back to 0, the profile
/// (Ornstein-Uhlenbeck, `spread` and `forgetting_s`); an observation is
/// fixed · e^u + variable · e^v, times noise whose size is learnt, too. The filter is an extended
/// Kalman filter over (u, v): what a single size of transfers cannot tell apart is shared out by
/// what either part weighs and how uncertain it is. Steps: a two-sided CUSUM test of the
/// standardised innovations (Page 1954; Gustafsson, "Adaptive Filtering and Change Detection",
/// 2000); when it goes off, the filter forgets and starts from the run that set it off.
/// Neighbouring observations may share their noise: of a correlation ρ between them, also learnt,
/// the noise's variance counts (1 + ρ) / (1 − ρ) times.
/// One outlier moves little, as deviations are clipped. O(1) time and memory throughout.
class SCISSION_EXPORT TimeScale {
 public:
  /// At `begin_s` the profile holds as well as `start_spread` says.
  explicit TimeScale(const TimeScaleOptions& options = {}, double begin_s = 0);

  /// Learns from an observation. One that says nothing, because nothing was expected or the time
  /// is not above 0 and finite, is ignored; a time before the last one counts as the last one.
  void observe(const ExpectedTime& expected, double seconds, double now_s);

  /// The expected factors at that time: they return to the profile while nothing is seen. Of noise
  /// that multiplies, the mean is above the median; this is the mean, as times are added up.
  double fixed_factor(double now_s) const;
  double variable_factor(double now_s) const;  ///< the same

  /// One standard deviation of (log fixed, log variable): row k is the k-th independent direction.
  /// As of the last observation: what noise may have done to the estimate.
  std::array<std::array<double, 2>, 2> noise_directions() const;

  /// Standard deviations of the logarithms at that time, with what may have changed since.
  double fixed_uncertainty(double now_s) const;
  double variable_uncertainty(double now_s) const;  ///< the same

  double noise() const;        ///< of a single observation, as a share
  double correlation() const;  ///< of the noise of two observations in a row: 0 to 0.75
  bool is_suspicious() const;  ///< a change seems to be under way
  bool has_been_seen() const { return is_seen_; }  ///< at least once
  double seen_s() const { return time_s_; }        ///< when last; before the first, begin_s
  int changes() const { return changes_; }         ///< how often the test has gone off

 private:
  using Pair = std::array<double, 2>;

  struct Noise {
    double variance = 0;
    double covariance = 0;  // of two in a row
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

  TimeScaleOptions options_;
  Pair mean_{0, 0};
  Pair variance_;
  double covariance_ = 0;
  Noise noise_;
  Noise quiet_noise_;  // as it was before the run that may be a change
  double last_innovation_ = 0;
  Pair run_sum_{0, 0};  // of innovations since the test was last at 0: rising, falling
  std::array<int, 2> run_count_{0, 0};
  Pair cusum_{0, 0};
  double time_s_ = 0;
  bool is_seen_ = false;
  int changes_ = 0;
};

}  // namespace scission
