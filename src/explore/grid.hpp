// The best plans over a grid of bandwidths and slowdowns.
#pragma once

#include "explore/page_json.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/search.hpp"

namespace scission::explore {

/// The axes with their levels, every plan that is among the three best at a point, with the index
/// of its baseline, and the plans of every point and the doubts of their verdict, the last axis
/// fastest. At most `max_points` points; one search for each.
/// Throws as search() does.
Json grid_json(const PartitionProblem& problem, Query query, int max_points);

}  // namespace scission::explore
