// How much of a difference between two plans is noise.
#pragma once

#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/plan_fits.hpp"

namespace scission {

/// Estimates of latencies and their standard deviations, all of logarithms. Refers to the grid.
///
/// By intervals: the measured time; its interval's width over 2 · 1.96; a ratio's the root of both
/// squares. By the grid: the fitted time, to which all conditions contribute; the root of the
/// residuals' mean square over their degrees of freedom is one measured time's deviation, that
/// times the root of the leverage a fitted one's. For a ratio the same of the residuals'
/// differences, in which cancels what happened to a whole condition.
class TimeNoise {
 public:
  /// Throws Error(invalid_argument) when intervals are asked for and a time has none.
  TimeNoise(const AdaptiveGrid& grid, NoiseSource source);

  bool is_known() const { return summary_.source != NoiseSource::none; }
  const GridNoise& summary() const { return summary_; }

  /// Of the fit to the grid; nothing where that is too small, or not the noise's source.
  const std::optional<PlanFits>& fits() const { return fits_; }

  /// Estimate of ln(seconds), of a plan that was measured there. O(1).
  double log_time(std::size_t condition, std::size_t plan) const;

  /// Of ln of a measured time; infinite where unknown. O(1), by the grid O(conditions).
  double of_time(std::size_t condition, std::size_t plan) const;

  /// Of the difference of two estimates, 0 for one plan with itself; infinite where unknown.
  /// Likewise.
  double of_ratio(std::size_t condition, std::size_t one, std::size_t other) const;

  /// Degrees of freedom that it rests on; infinite for intervals.
  double degrees(std::size_t one, std::size_t other) const;

 private:
  double of_interval(std::size_t condition, std::size_t plan) const;
  double of_difference(Eigen::Index one, Eigen::Index other) const;
  double typical() const;

  const AdaptiveGrid& grid_;
  std::optional<PlanFits> fits_;
  GridNoise summary_;
};

}  // namespace scission
