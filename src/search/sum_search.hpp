// The N best plans by a sum over their steps.
#pragma once

#include <vector>

#include "search/deadline.hpp"
#include "search/space.hpp"
#include "search/step_weights.hpp"

namespace scission::search_detail {

/// Plans in order, and what is known of the rest.
struct Ranking {
  std::vector<Plan> plans;
  int proven_count = 0;  ///< of the plans, from the first on
  bool was_stopped = false;
  double bound = 0;  ///< no other plan costs less; +∞ when there is none
};

/// What to rank by.
struct SumObjective {
  StepWeights weights;
  double period_weight = 0;   ///< added for a second of the plan's period
  double least_period_s = 0;  ///< no plan's period is less
};

/// Ranks the plans of a space that keep the limits on sums.
Ranking rank_by_sum(const Space& space, const SumObjective& objective,
                    const std::vector<SumLimit>& limits, int result_count,
                    const Deadline& deadline);

}  // namespace scission::search_detail
