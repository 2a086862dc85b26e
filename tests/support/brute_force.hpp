// Every plan of a small problem, judged one by one: what the search is held against.
//
// Written from the definitions alone, and adding costs up itself: nothing is shared with the
// search, nor with plan_cost().
#pragma once

#include <vector>

#include "scission/search/search.hpp"

namespace scission::testing {

/// The plan's cost, added up anew. The plan must cover the blocks, over links that are there.
PlanCost added_up(const PartitionProblem& problem, const Plan& plan, double input_bytes);

/// What a system holds for a plan, added up anew.
double held_bytes(const PartitionProblem& problem, const Plan& plan, int system);

/// The amount of one measure, and the objective's weighted sum of them.
double amount_of(Metric measure, const PlanCost& total);
double value_of(const PartitionProblem& problem, const Query& query, const Plan& plan);

/// Whether the plan answers the query: its route, both ends, every constraint and limit.
bool is_allowed(const PartitionProblem& problem, const Query& query, const Plan& plan);

/// Every plan that is allowed, best first, ties in the documented order.
/// Exponential in the number of blocks (with revisits, systems^blocks): for half a dozen blocks and
/// systems, or a dozen in the platforms' order.
std::vector<Plan> every_plan(const PartitionProblem& problem, const Query& query);

}  // namespace scission::testing
