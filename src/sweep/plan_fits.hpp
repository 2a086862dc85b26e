// Every plan's latency as a function of the factors.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <vector>

#include "scission/sweep/adaptive_grid.hpp"

namespace scission {

/// Effects of up to `order` factors, fitted to the logarithm of each plan's latency over the
/// conditions that have a time for it. Conditions × plans; NaN where there is no time, and where a
/// prediction would rest on nothing else.
struct PlanFits {
  int order = 0;
  Eigen::MatrixXd fitted;  ///< ln s
  Eigen::MatrixXd residuals;
  Eigen::MatrixXd leverages;    ///< as FactorFit's; the variance of `fitted` in those of a time
  Eigen::MatrixXd predictions;  ///< ln s, by the fit to all other conditions
  std::vector<int> degrees;     ///< of freedom left, a plan
};

/// The largest order of 1…most that leaves a quarter of the conditions, and two, as degrees of
/// freedom; 0 where there is none.
int largest_order(const AdaptiveGrid& grid, int most);

/// The order of those up to largest_order(grid, 3) that predicts best what it has not seen: least
/// sum of squared errors of `predictions` (Allen's PRESS, 1974). Nothing for too small a grid.
std::optional<PlanFits> best_fits(const AdaptiveGrid& grid);

/// O(conditions · columns²) for each set of conditions that plans have times for, and
/// O(conditions · columns) a plan.
PlanFits fit_plans(const AdaptiveGrid& grid, int order);

}  // namespace scission
