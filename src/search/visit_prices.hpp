// Prices that keep walks from visiting systems twice.
#pragma once

#include <vector>

#include "search/cost_to_go.hpp"
#include "search/deadline.hpp"

namespace scission::search_detail {

/// For every system a price ≥ 0 on each stage that runs on it. As a plan visits each once at most,
///
///     cost of a plan ≥ its cost with prices − Σ prices
///
/// and the least right side over all walks bounds the plans from below. Seeks prices that make the
/// bound great by subgradient steps (Held and Karp 1971, with Polyak's step length for the aim
/// `upper_bound`, the cost of a known plan in the weights' unit). Each of at most `steps` costs one
/// CostToGo. Any prices keep the search exact.
std::vector<double> price_visits(const Space& space, const History& history,
                                 const StepWeights& weights, double upper_bound, int steps,
                                 const Deadline& deadline);

}  // namespace scission::search_detail
