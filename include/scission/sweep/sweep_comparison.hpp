// A predicted sweep beside the one that was measured.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/sweep/adaptive_grid.hpp"

namespace scission {

/// One condition that both have.
struct SCISSION_EXPORT ConditionComparison {
  std::size_t condition = 0;       ///< index into the measured sweep's
  std::size_t measured_best = 0;   ///< index into its plans, of those that both have
  std::size_t predicted_best = 0;  ///< the same
  double best_s = 0;               ///< measured
  double chosen_s = 0;             ///< what the predicted best took
  double loss = 0;                 ///< chosen ÷ best − 1, ≥ 0
  double median_error = 0;         ///< of |predicted ÷ measured − 1| over its plans
};

/// How far a predicted sweep is from a measured one.
struct SCISSION_EXPORT SweepComparison {
  std::vector<ConditionComparison> conditions;  ///< in the measured sweep's order
  std::size_t times = 0;                        ///< plans × conditions that both have
  double median_error = 0;  ///< of |predicted ÷ measured − 1| over all of them
  double p90_error = 0;
  double median_bias = 0;  ///< of predicted ÷ measured − 1: above 0, predicted too slow
  double within = 0;       ///< the loss that still counts as right
  std::size_t right = 0;   ///< conditions in which the predicted best is the measured one
  std::size_t good = 0;    ///< of which the loss is no more than `within`; right ones included
};

/// Conditions are matched by the factors' names and levels' labels, whatever their order, plans by
/// their labels; what only one of them has is left out. O(conditions² + times · log times).
/// Throws Error(invalid_argument) for grids that check_grid() refuses and a `within` below 0,
/// Error(mismatch) when the factors or models are not the same or no time is in both.
SCISSION_EXPORT SweepComparison compare_sweeps(const AdaptiveGrid& measured,
                                               const AdaptiveGrid& predicted, double within = 0.05);

}  // namespace scission
