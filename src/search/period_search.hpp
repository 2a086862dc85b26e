// The N best plans by their period.
#pragma once

#include <vector>

#include "search/sum_search.hpp"

namespace scission::search_detail {

/// Ranks by period, plans of equal period by latency. The bound is in seconds.
///
/// Plans of a period of at most P are those whose stages and hops take at most P each: a space
/// that rank_by_sum() can rank by latency. The N-th best period is found by bisection over the
/// times that stages and hops take, one ranking a step.
Ranking rank_by_period(const PartitionProblem& problem, const Rules& rules, int result_count,
                       const Deadline& deadline);

/// The least period of any plan, in seconds; +∞ when none fits. A lower bound when stopped.
double least_period_s(const PartitionProblem& problem, const Rules& rules,
                      const Deadline& deadline);

}  // namespace scission::search_detail
