// The solvers: the N best plans by a sum, by the period, and of a query; their time limits.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/seconds.hpp"
#include "scission/search/search.hpp"
#include "search/search_graph.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

// --- Time limits ---

/// The end of one search: a point in time, a stop token, or neither.
class Deadline {
 public:
  explicit Deadline(const SearchOptions& options) : stop_(options.stop) {
    if (!options.time_limit_s) return;
    constexpr double max_s = 1e9;  // the clock's range
    end_ = Clock::now() + clock_duration(std::clamp(*options.time_limit_s, 0.0, max_s));
  }

  bool has_passed() const { return stop_.stop_requested() || (end_ && Clock::now() >= *end_); }

 private:
  using Clock = std::chrono::steady_clock;

  std::stop_token stop_;
  std::optional<Clock::time_point> end_;
};

/// Divides one time limit among several searches. The time starts with this object.
class SearchBudget {
 public:
  explicit SearchBudget(const SearchOptions& options) : options_(options) {}

  /// Options of the next search: the same, with the remaining time.
  SearchOptions rest() const {
    SearchOptions rest = options_;
    if (rest.time_limit_s) {
      rest.time_limit_s = std::max(*rest.time_limit_s - seconds_since(start_), min_s);
    }
    return rest;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr double min_s = 1e-9;  // a search needs a time limit above 0

  SearchOptions options_;
  Clock::time_point start_ = Clock::now();
};

// --- Rankings ---

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
  double period_weight = 0;     ///< cost of one second of the plan's period
  double min_period_s = 0;      ///< lower bound on the period of every plan
  bool prefers_period = false;  ///< see Enumeration
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
double min_period_s(const PartitionProblem& problem, const CompiledConstraints& constraints,
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

/// The cost that a search has found for the plan, else that in the problem.
inline PlanMetrics figures_of(const PartitionProblem& problem, const Query& query,
                              const Plan& plan) {
  return std::isnan(plan.cost.latency_s) ? plan_cost(problem, plan, query.input_bytes) : plan.cost;
}

/// The largest amount that counts as better than this one: smaller differences are rounding.
inline double just_below(double amount) {
  constexpr double resolution = 1e-9;  // relative
  return amount * (1 - resolution);
}

/// The plan's objective in the query, computed for the problem.
inline double objective_of(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
}

}  // namespace scission::search_detail
