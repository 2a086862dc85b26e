// Which factor matters how much: analysis of variance, and means by level.
#pragma once

#include <optional>
#include <vector>

#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/time_noise.hpp"

namespace scission {

/// Nothing where the figure does not vary, or there are no factors.
///
/// Sums of squares of type II: what a factor explains beyond all other factors, and what a pair
/// explains beyond all factors and all other pairs. In a full grid these are the classical ones and
/// sum up with the rest to the whole. O(pairs · conditions · columns²).
std::optional<Decomposition> decompose(const AdaptiveGrid& grid,
                                       const std::vector<ConditionResult>& results,
                                       const TimeNoise& noise, Response response);

/// Of the levels that occur, in the factors' order. O(factors · conditions).
std::vector<LevelSummary> summarize_levels(const AdaptiveGrid& grid,
                                           const std::vector<ConditionResult>& results);

}  // namespace scission
