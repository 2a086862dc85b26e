// Where a plan spends its time, and the difference to another plan.
#pragma once

#include <optional>
#include <string>

#include "scission/plan/plan.hpp"
#include "scission/search/search.hpp"

namespace scission::predict {

/// A table of the plan's stages and hops, the largest of them, the one that sets the period, and
/// the difference to the runner-up.
std::string explain_plan(const PartitionProblem& problem, const Query& query, const Plan& best,
                         const std::optional<Plan>& runner_up);

}  // namespace scission::predict
