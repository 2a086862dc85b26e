// Condition by condition: the best plan against the baseline's plan.
#pragma once

#include <optional>
#include <vector>

#include "scission/sweep/sweep_analysis.hpp"
#include "sweep/latency_noise.hpp"

namespace scission {

/// Compares one condition with the baseline; both are indices into Sweep::conditions. Leaves out
/// what depends on other conditions: the false discovery rate and the predicted plan. Empty if the
/// two have no plan in common. O(plans), or O(plans · conditions) with noise from the grid.
std::optional<ConditionResult> compare_condition(const Sweep& sweep, std::size_t condition,
                                                 std::size_t baseline, const NoiseModel& noise,
                                                 const AdaptivityOptions& options);

/// Sets the false discovery rates, and which conditions are worthwhile beyond noise.
void control_false_discoveries(double max_rate, std::vector<ConditionResult>& results);

/// Sets the plan that the fit to the other conditions predicts to be the fastest, and its gain.
/// O(conditions · plans).
void add_predicted_plans(const Sweep& sweep, std::size_t baseline, const PlanFits& fits,
                         std::vector<ConditionResult>& results);

}  // namespace scission
