// Linear models of latencies: the effects of the factors, fitted by least squares, and the noise
// that they leave.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <vector>

#include "scission/sweep.hpp"

namespace scission {

/// The factors of one effect, ascending: {2} is a main effect, {0, 2} an interaction.
using Term = std::vector<int>;

/// All terms of 1 to `order` factors, the smaller ones first: Σ C(factors, i) of them.
std::vector<Term> terms_up_to(const Sweep& sweep, int order);

/// The levels of conditions: [condition][factor].
using LevelRows = std::vector<std::vector<int>>;

/// Columns of the design matrix with the mean and these terms, if all levels occur.
std::size_t column_count(const Sweep& sweep, const std::vector<Term>& terms);

/// A least-squares fit of a mean and terms to one value per row. The terms are coded by sum
/// contrasts, so they are orthogonal in a balanced design. Linearly dependent columns, such as
/// those of levels that do not occur, do not count.
class FactorFit {
 public:
  /// O(rows · columns²).
  FactorFit(const Sweep& sweep, const LevelRows& rows, const std::vector<Term>& terms);

  int rank() const { return static_cast<int>(rank_); }
  int degrees() const { return static_cast<int>(basis_.rows() - rank_); }  ///< residual

  /// O(rows · rank).
  Eigen::VectorXd residuals(const Eigen::VectorXd& y) const;

  /// The diagonal of the hat matrix, 0…1: residual ÷ (1 − leverage) is the residual of a fit
  /// without that row. O(rows · rank).
  Eigen::VectorXd leverages() const;

 private:
  Eigen::MatrixXd basis_;  ///< orthonormal columns, rows × rank
  Eigen::Index rank_ = 0;
};

/// The effects of up to `order` factors, fitted to ln(latency) of each plan over the conditions
/// that have a time for it. The matrices are conditions × plans. An element is NaN if there is no
/// time; an element of `predictions` also if the other conditions do not determine it.
struct PlanFits {
  int order = 0;
  Eigen::MatrixXd fitted;  ///< ln(seconds)
  Eigen::MatrixXd residuals;
  Eigen::MatrixXd leverages;    ///< variance of `fitted` ÷ variance of one time
  Eigen::MatrixXd predictions;  ///< ln(seconds), by the fit to all other conditions
  std::vector<int> degrees;     ///< residual degrees of freedom, [plan]
};

/// The largest order of 1…max_order that leaves at least a quarter of the conditions, and two, as
/// degrees of freedom, or 0 without any.
int largest_order(const Sweep& sweep, int max_order);

/// Fits with the order, at most 3, that predicts left-out conditions best (the least PRESS, Allen
/// 1974). Empty if the sweep is too small.
std::optional<PlanFits> best_fits(const Sweep& sweep);

/// O(conditions · columns²) for each distinct set of conditions that a plan has times for, and
/// O(conditions · columns) for each plan.
PlanFits fit_plans(const Sweep& sweep, int order);

// --- How much of a difference between two plans is noise ---

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
/// that every condition has a time for; empty if no plan has them all. O(conditions · (conditions +
/// plans)).
std::optional<NullExpectation> null_expectation(const PlanFits& fits, double min_gain);

}  // namespace scission
