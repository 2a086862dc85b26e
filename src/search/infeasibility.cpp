// Why no plan fits: an irreducible infeasible subset of the constraints, and their relaxations.
#include "scission/search/analysis.hpp"

#include <cmath>

#include "base/require.hpp"
#include "search/ranking.hpp"
#include "search/relaxable_constraints.hpp"

namespace scission {
namespace {

using search_detail::SearchBudget;

class InfeasibilityExplainer {
 public:
  InfeasibilityExplainer(const PartitionProblem& problem, const Query& query,
                         const SearchOptions& options)
      : budget_(options), asked_{problem, query} {
    asked_.query.result_count = 1;
    constraints_ = list_constraints(asked_);
    bare_ = without_constraints(asked_);
    bare_.query.objective = {};
  }

  Infeasibility explain() {
    require_infeasible();
    const std::vector<bool> in_subset = find_irreducible_subset();
    Infeasibility result;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      if (in_subset[i]) result.irreducible_subset.push_back(constraints_[i].full_text());
      result.relaxations.push_back(relaxation(i, in_subset[i]));
    }
    return result;
  }

 private:
  // Runs the caller's search first, so that errors in the query itself are reported first.
  void require_infeasible() const {
    if (!find_plan(asked_)) return;
    throw_invalid_argument("a plan fits, so there is nothing to explain; search() finds it",
                           "query");
  }

  // The deletion filter: drops each constraint for good unless a plan is feasible without it.
  std::vector<bool> find_irreducible_subset() const {
    std::vector<bool> kept(constraints_.size(), true);
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      kept[i] = false;
      kept[i] = find_plan(instance_with(kept)).has_value();
    }
    return kept;
  }

  Relaxation relaxation(std::size_t eased, bool is_in_subset) const {
    Relaxation relaxation{constraints_[eased].full_text()};
    // Dropping a constraint outside the subset leaves the subset infeasible.
    if (!is_in_subset) return relaxation;
    std::vector<bool> kept(constraints_.size(), true);
    kept[eased] = false;
    SearchInstance others = instance_with(kept);
    const std::optional<ConstraintLimit>& limit = constraints_[eased].limit;
    if (limit && limit->metric) others.query.objective = single_objective(*limit->metric);
    const std::optional<Plan> plan = find_plan(others);
    relaxation.is_sufficient = plan.has_value();
    if (plan && constraints_[eased].alternative) {
      relaxation.nearest_text = constraints_[eased].alternative(others, *plan);
    }
    if (!plan || !limit) return relaxation;
    const double need = limit->need(others, *plan);
    relaxation.nearest_limit = limit->metric ? need : min_limit(others, *limit, need);
    relaxation.nearest_text = constraints_[eased].text_rounded_up(*relaxation.nearest_limit);
    return relaxation;
  }

  // The least limit for which a plan is feasible; `enough` suffices for a known plan.
  double min_limit(const SearchInstance& others, const ConstraintLimit& limit,
                   double enough) const {
    double too_little = limit.value;
    while (just_below(enough, limit) > too_little) {
      const std::optional<Plan> less = find_plan(with(others, limit, just_below(enough, limit)));
      if (!less) break;
      enough = limit.need(others, *less);
      const double middle = between(too_little, enough, limit);
      const std::optional<Plan> plan = find_plan(with(others, limit, middle));
      plan ? enough = limit.need(others, *plan) : too_little = middle;
    }
    return enough;
  }

  static double just_below(double value, const ConstraintLimit& limit) {
    return limit.unit == LimitUnit::stages ? value - 1 : search_detail::just_below(value);
  }

  static double between(double low, double high, const ConstraintLimit& limit) {
    const double middle = low + (high - low) / 2;
    return limit.unit == LimitUnit::stages ? std::floor(middle) : middle;
  }

  static SearchInstance with(SearchInstance instance, const ConstraintLimit& limit, double value) {
    limit.add(instance, value);
    return instance;
  }

  SearchInstance instance_with(const std::vector<bool>& kept) const {
    SearchInstance instance = bare_;
    for (std::size_t i = 0; i < constraints_.size(); ++i) {
      if (kept[i]) constraints_[i].put_into(instance);
    }
    return instance;
  }

  std::optional<Plan> find_plan(const SearchInstance& instance) const {
    const SearchResult result = search(instance.problem, instance.query, budget_.rest());
    if (!result.plans.empty()) return result.plans.front();
    if (result.is_optimal) return std::nullopt;
    throw Error(ErrorCode::interrupted,
                "the search was stopped before the reason was known; increase the time limit",
                "query");
  }

  SearchBudget budget_;
  SearchInstance asked_;
  SearchInstance bare_;
  std::vector<RelaxableConstraint> constraints_;
};

}  // namespace

Infeasibility explain_infeasibility(const PartitionProblem& problem, const Query& query,
                                    const SearchOptions& options) {
  return InfeasibilityExplainer(problem, query, options).explain();
}

}  // namespace scission
