// How far the measurements determine the latency of a plan, and which of two plans is faster.
#pragma once

#include <optional>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {

/// The 95 % interval of a plan's latency. The errors of one system's blocks are correlated by
/// TimeUncertainty::correlation, those of different systems are independent, and links count as
/// exact. Empty if a system of the plan has no intervals. O(systems · blocks).
/// Throws as plan_cost() does.
SCISSION_EXPORT std::optional<Interval> latency_interval(const PartitionProblem& problem,
                                                         const Plan& plan, double input_bytes);

/// The 95 % interval of the latency of `plan` minus that of `reference`. Blocks that both run on
/// the same system cancel out. Empty if a system that runs other blocks has no intervals.
/// O(systems · blocks). Throws as plan_cost() does.
SCISSION_EXPORT std::optional<Interval> latency_difference_interval(const PartitionProblem& problem,
                                                                    const Plan& reference,
                                                                    const Plan& plan,
                                                                    double input_bytes);

}  // namespace scission
