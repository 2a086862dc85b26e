// Linear models of latencies: the effects of the factors, fitted by least squares.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <vector>

#include "scission/sweep/sweep.hpp"

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
/// degrees of freedom; 0 if there is none.
int largest_order(const Sweep& sweep, int max_order);

/// Fits with the order, at most 3, that predicts left-out conditions best (the least PRESS, Allen
/// 1974). Empty if the sweep is too small.
std::optional<PlanFits> best_fits(const Sweep& sweep);

/// O(conditions · columns²) for each distinct set of conditions that a plan has times for, and
/// O(conditions · columns) for each plan.
PlanFits fit_plans(const Sweep& sweep, int order);

}  // namespace scission
