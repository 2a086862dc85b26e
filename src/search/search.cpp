#include "scission/search/search.hpp"

#include <algorithm>
#include <limits>

#include "search/rules.hpp"
#include "search/run_query.hpp"

namespace scission {

double relative_gap(const PartitionProblem& problem, const Query& query,
                    const SearchResult& result) {
  if (result.plans.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (result.proven_count > 0) return 0;
  const PlanCost best = plan_cost(problem, result.plans.front(), query.input_bytes);
  const double amount = objective_value(query.objective, best);
  return amount > 0 ? std::clamp((amount - result.bound) / amount, 0.0, 1.0) : 0;
}

SearchResult search(const PartitionProblem& problem, const Query& query,
                    const SearchOptions& options) {
  const search_detail::Rules rules(problem, query);
  return search_detail::run_query(problem, query, rules, options);
}

}  // namespace scission
