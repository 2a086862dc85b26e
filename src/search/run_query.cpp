#include "search/run_query.hpp"

#include <cmath>
#include <utility>

#include "search/period_search.hpp"
#include "search/sum_search.hpp"

namespace scission::search_detail {
namespace {

bool is_period_alone(const Objective& objective) {
  Objective rest = objective;
  rest.period = 0;
  return objective.period > 0 && rest == Objective{0, 0, 0, 0, 0};
}

Ranking rank(const Space& free, const Query& query, const Deadline& deadline) {
  const PartitionProblem& problem = free.problem();
  const Rules& rules = free.rules();
  if (is_period_alone(query.objective)) {
    Ranking ranking = rank_by_period(problem, rules, query.result_count, deadline);
    ranking.bound *= query.objective.period;
    return ranking;
  }
  SumObjective objective{weights_of(problem, query.objective), query.objective.period, 0};
  if (objective.period_weight > 0) {
    objective.least_period_s = least_period_s(problem, rules, deadline);
    if (std::isinf(objective.least_period_s)) return {{}, 0, false, objective.least_period_s};
  }
  const std::vector<SumLimit> limits = sum_limits(problem, rules);
  if (!rules.limits.period_s) {
    return rank_by_sum(free, objective, limits, query.result_count, deadline);
  }
  const Space limited(problem, rules, free.clock().limit(*rules.limits.period_s));
  return rank_by_sum(limited, objective, limits, query.result_count, deadline);
}

}  // namespace

SearchResult run_query(const PartitionProblem& problem, const Query& query, const Rules& rules,
                       const SearchOptions& options) {
  const Deadline deadline(options);
  const Space space(problem, rules);
  Ranking ranking = rank(space, query, deadline);
  SearchResult result;
  result.plans = std::move(ranking.plans);
  result.is_optimal = !ranking.was_stopped;
  result.proven_count = ranking.proven_count;
  result.bound = ranking.bound;
  result.missing_links = space.missing_links();
  return result;
}

}  // namespace scission::search_detail
