// Lagrangian bounds: prices for limited sums, and prices for visits.
#pragma once

#include <vector>

#include "search/best_first.hpp"

namespace scission::search_detail {

/// What the Lagrangian of limited sums is built from.
struct LimitedObjective {
  const SearchGraph& graph;
  const LabelStates& states;
  const StepCosts& objective;
  const CostToGo& to_go;  ///< of the objective
  const std::vector<SumBound>& sums;
};

/// The objective with a price on every limited sum. For every plan within the limits
///
///     objective ≥ Σ over its steps of `weights` − `offset`
struct PricedObjective {
  StepWeights weights;
  double offset = 0;
  bool has_prices = false;  ///< false: the limits do not bind, weights are the objective's own
};

/// Maximises that bound (the Lagrangian dual) by coordinate ascent: one price after the other, each
/// by intersecting the lines of two walks (Handler and Zang 1980). Good prices shorten the
/// enumeration; any prices ≥ 0 keep it exact. Each of at most some dozens of steps costs one
/// CostToGo. Ends early at the deadline.
PricedObjective price_limits(const LimitedObjective& limited, const Deadline& deadline);

/// Parameters of the subgradient method.
struct SubgradientOptions {
  double upper_bound = 0;  ///< cost of a known plan, in the weights' unit: Polyak's step length
  int max_steps = 0;
};

/// For every system a price ≥ 0 on each stage that runs on it. As a plan visits each system at most
/// once,
///
///     cost of a plan ≥ its cost with prices − Σ prices
///
/// and the least right side over all walks is a lower bound. Subgradient steps (Held and Karp 1971)
/// raise it. Each step costs one CostToGo. Any prices keep the search exact.
std::vector<double> price_visits(const SearchGraph& graph, const LabelStates& states,
                                 const StepWeights& weights, const SubgradientOptions& options,
                                 const Deadline& deadline);

}  // namespace scission::search_detail
