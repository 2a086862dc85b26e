// Prices for limited sums: the Lagrangian bound.
#pragma once

#include <vector>

#include "search/best_first.hpp"

namespace scission::search_detail {

/// The objective with a price on every limited sum. For every plan within the limits
///
///     objective ≥ Σ over its steps of `weights` − `offset`
struct PricedObjective {
  StepWeights weights;
  double offset = 0;
  bool has_prices = false;  ///< false: the limits do not bind, weights are the objective's own
};

/// Seeks the prices that make that bound greatest (the Lagrangian dual), one limit after the other
/// with those of the others held, each by intersecting the lines of two walks (Handler and Zang
/// 1980). Good prices make the enumeration short; any prices ≥ 0 keep it exact.
/// Each of at most some dozens of steps costs one CostToGo. Ends early at the deadline.
PricedObjective price_limits(const Space& space, const History& history, const StepCosts& objective,
                             const CostToGo& objective_to_go, const std::vector<SumBound>& sums,
                             const Deadline& deadline);

}  // namespace scission::search_detail
