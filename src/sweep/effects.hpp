// Which factor matters how much: analysis of variance, and means by level.
#pragma once

#include <optional>
#include <vector>

#include "scission/sweep.hpp"
#include "sweep/latency_model.hpp"

namespace scission {

/// Empty if the response does not vary or there are no factors.
///
/// Sums of squares of type II: what a factor explains beyond all other factors, and what an
/// interaction of two explains beyond all factors and all other interactions of two. In a balanced
/// design they are the classical ones and sum up with the residual to the total.
/// O(pairs · conditions · columns²).
std::optional<VarianceDecomposition> decompose(const Sweep& sweep,
                                               const std::vector<ConditionResult>& results,
                                               const NoiseModel& noise, ResponseVariable response);

/// One summary for each level that occurs, in the order of the factors. O(factors · conditions).
std::vector<LevelSummary> summarise_levels(const Sweep& sweep,
                                           const std::vector<ConditionResult>& results);

}  // namespace scission
