// Condition by condition: the best plan against the one kept.
#pragma once

#include <optional>

#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/time_noise.hpp"

namespace scission {

/// Nothing where the condition has no plan in common with the baseline. Without what depends on
/// other conditions: the false discovery rate, and the prediction. O(plans) noises.
std::optional<ConditionResult> compare_condition(const AdaptiveGrid& grid, std::size_t condition,
                                                 std::size_t baseline, const TimeNoise& noise,
                                                 const AdaptivityOptions& options);

/// Rates, and who pays beyond noise.
void judge(const AdaptivityOptions& options, std::vector<ConditionResult>& results);

/// What each condition's plan would be by the others. O(conditions · plans).
void predict(const AdaptiveGrid& grid, std::size_t baseline, const PlanFits& fits,
             std::vector<ConditionResult>& results);

}  // namespace scission
