// The solvers: the N best plans by a sum, by the period, and of a query.
#pragma once

#include <vector>

#include "search/deadline.hpp"
#include "search/search_graph.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

/// Plans in order, and a bound on all others.
struct Ranking {
  std::vector<Plan> plans;
  int proven_count = 0;  ///< the first plans, up to this number, are proven optimal
  bool was_stopped = false;
  double bound = 0;  ///< no other plan costs less; +∞ when there are no others
};

/// The objective of rank_by_sum().
struct SumObjective {
  StepWeights weights;
  double period_weight = 0;   ///< cost of one second of the plan's period
  double least_period_s = 0;  ///< lower bound on the period of every plan
};

/// Ranks the plans of a graph that satisfy the limits on sums.
Ranking rank_by_sum(const SearchGraph& graph, const SumObjective& objective,
                    const std::vector<SumLimit>& limits, int result_count,
                    const Deadline& deadline);

/// Ranks by period, and plans of equal period by latency. The bound is in seconds.
///
/// A plan has a period of at most P exactly when each of its stages and hops takes at most P. Such
/// plans form a graph that rank_by_sum() ranks by latency. Bisection over the times of stages and
/// hops finds the N-th best period, one ranking a step.
Ranking rank_by_period(const PartitionProblem& problem, const CompiledConstraints& constraints,
                       int result_count, const Deadline& deadline);

/// The least period of any plan, in seconds; +∞ when no plan is feasible. A lower bound when the
/// deadline passes first.
double least_period_s(const PartitionProblem& problem, const CompiledConstraints& constraints,
                      const Deadline& deadline);

/// Answers a query whose names are resolved; see search(). `constraints` must be compiled from this
/// query and from a problem with the same names and blocks.
SearchResult run_query(const PartitionProblem& problem, const Query& query,
                       const CompiledConstraints& constraints, const SearchOptions& options);

/// The query for its best plan alone.
inline Query best_only(Query query) {
  query.result_count = 1;
  return query;
}

/// The plan's objective in the query.
inline double objective_of(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
}

}  // namespace scission::search_detail
