// Every plan of a small problem, judged one by one: what the search is held against.
#pragma once

#include <vector>

#include "scission/search.hpp"

namespace scission::testing {

/// Every plan that keeps to the query's constraints, best first, ties in the documented order.
/// Exponential in nothing but the number of platforms; meant for a dozen blocks.
std::vector<Plan> every_plan(const PartitionProblem& problem, const Query& query);

}  // namespace scission::testing
