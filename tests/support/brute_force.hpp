// An enumeration of every plan of a small problem, as a reference for the search.
//
// It follows the definitions and computes costs itself: it shares no code with the search or with
// plan_cost().
#pragma once

#include <vector>

#include "scission/search/search.hpp"

namespace scission::testing {

/// The plan's cost, computed independently. The plan must cover the blocks over existing links.
PlanCost added_up(const PartitionProblem& problem, const Plan& plan, double input_bytes);

/// The share of the requests that take no exit in the blocks before this one.
double share_reaching(const PartitionProblem& problem, int block);

/// The memory of a plan on a system, computed independently.
double held_bytes(const PartitionProblem& problem, const Plan& plan, int system);

/// One metric, and the objective's weighted sum.
double amount_of(Metric measure, const PlanCost& total);
double value_of(const PartitionProblem& problem, const Query& query, const Plan& plan);

/// Whether the plan satisfies the query: route, source, destination, constraints and limits.
bool is_allowed(const PartitionProblem& problem, const Query& query, const Plan& plan);

/// Every allowed plan, best first, ties in the documented order. For every sequence of stages the
/// one with the best codecs. Exponential in the number of blocks (with revisits, systems^blocks):
/// for half a dozen blocks and systems, or a dozen in the platforms' order.
std::vector<Plan> every_plan(const PartitionProblem& problem, const Query& query);

}  // namespace scission::testing
