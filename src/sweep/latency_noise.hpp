// How much of a difference between two plans is noise.
#pragma once

#include <optional>

#include "scission/sweep/sweep_analysis.hpp"
#include "sweep/factor_fit.hpp"

namespace scission {

/// Estimates of ln(latency) and their standard deviations. Refers to the sweep.
///
/// By intervals, the estimate is the measured time. Its deviation is the width of its interval over
/// 2 · 1.96, and that of a ratio is the root of both squares.
///
/// By the grid, the estimate is the fitted time, to which all conditions contribute. The deviation
/// of one measured time is the root of the residual mean square; multiplied by the root of the
/// leverage it is that of a fitted time. Ratios use the residuals' differences, from which effects
/// on a whole condition cancel.
class NoiseModel {
 public:
  /// Throws Error(invalid_argument) if intervals are requested and a time has none.
  NoiseModel(const Sweep& sweep, NoiseSource source);

  bool is_known() const { return summary_.source != NoiseSource::none; }
  const LatencyNoise& summary() const { return summary_; }

  /// The fit to the grid; empty if the grid is not the source.
  const std::optional<PlanFits>& fits() const { return fits_; }

  /// The estimate of ln(seconds) of a plan that was measured under the condition. O(1).
  double log_time(std::size_t condition, std::size_t plan) const;

  /// Standard deviation of ln of a measured time; infinite if unknown. O(1), by the grid
  /// O(conditions).
  double deviation_of_time(std::size_t condition, std::size_t plan) const;

  /// Standard deviation of the difference of two estimates; 0 for a plan and itself, infinite if
  /// unknown. O(1), by the grid O(conditions).
  double deviation_of_ratio(std::size_t condition, std::size_t one, std::size_t other) const;

  /// Degrees of freedom of the deviation; infinite by intervals.
  double degrees(std::size_t one, std::size_t other) const;

 private:
  double deviation_by_interval(std::size_t condition, std::size_t plan) const;
  double deviation_of_difference(Eigen::Index one, Eigen::Index other) const;
  double typical() const;

  const Sweep& sweep_;
  std::optional<PlanFits> fits_;
  LatencyNoise summary_;
};

/// What selecting the fastest of noisy times promises if conditions have no effect, from the plans
/// that every condition has a time for; empty if there is none. O(conditions · (conditions +
/// plans)).
std::optional<NullExpectation> null_expectation(const PlanFits& fits, double min_gain);

}  // namespace scission
