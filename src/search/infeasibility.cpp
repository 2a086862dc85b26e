#include "scission/search/analysis.hpp"

#include <cmath>

#include "scission/base/error.hpp"
#include "search/constraint_atoms.hpp"
#include "search/search_budget.hpp"

namespace scission {
namespace {

constexpr double resolution = 1e-9;

class Explainer {
 public:
  Explainer(const PartitionProblem& problem, const Query& query, const SearchOptions& options)
      : budget_(options), asked_{problem, query} {
    asked_.query.result_count = 1;
    atoms_ = constraint_atoms(asked_);
    bare_ = without_constraints(asked_);
    bare_.query.objective = {};
  }

  Infeasibility explain() {
    require_infeasible();
    const std::vector<bool> in_conflict = find_conflict();
    Infeasibility result;
    for (std::size_t i = 0; i < atoms_.size(); ++i) {
      if (in_conflict[i]) result.irreducible_subset.push_back(atoms_[i].full_text());
      result.relaxations.push_back(relaxation(i, in_conflict[i]));
    }
    return result;
  }

 private:
  /// Asks what the caller asked, so that what is wrong with the query itself is said first.
  void require_infeasible() const {
    if (!find_plan(asked_)) return;
    throw Error(ErrorCode::invalid_argument,
                "a plan fits, so there is nothing to explain; ask search() for it", "query");
  }

  /// Leaves out one constraint after the other for good, unless a plan fits without it.
  std::vector<bool> find_conflict() const {
    std::vector<bool> kept(atoms_.size(), true);
    for (std::size_t i = 0; i < atoms_.size(); ++i) {
      kept[i] = false;
      kept[i] = find_plan(question_of(kept)).has_value();
    }
    return kept;
  }

  Relaxation relaxation(std::size_t eased, bool is_in_conflict) const {
    Relaxation relaxation{atoms_[eased].full_text()};
    // Without a constraint that is not in the conflict, the conflict is still there.
    if (!is_in_conflict) return relaxation;
    std::vector<bool> kept(atoms_.size(), true);
    kept[eased] = false;
    Question others = question_of(kept);
    const std::optional<AtomLimit>& limit = atoms_[eased].limit;
    if (limit && limit->measure) others.query.objective = single_objective(*limit->measure);
    const std::optional<Plan> plan = find_plan(others);
    relaxation.is_sufficient = plan.has_value();
    if (!plan || !limit) return relaxation;
    const double need = limit->need(others, *plan);
    relaxation.nearest_limit = limit->measure ? need : least_limit(others, *limit, need);
    relaxation.nearest_text = atoms_[eased].text_rounded_up(*relaxation.nearest_limit);
    return relaxation;
  }

  /// The least limit with which a plan fits; `enough` is what a plan that was found needs.
  double least_limit(const Question& others, const AtomLimit& limit, double enough) const {
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

  static double just_below(double value, const AtomLimit& limit) {
    return limit.unit == LimitUnit::stages ? value - 1 : value * (1 - resolution);
  }

  static double between(double low, double high, const AtomLimit& limit) {
    const double middle = low + (high - low) / 2;
    return limit.unit == LimitUnit::stages ? std::floor(middle) : middle;
  }

  static Question with(Question question, const AtomLimit& limit, double value) {
    limit.add(question, value);
    return question;
  }

  Question question_of(const std::vector<bool>& kept) const {
    Question question = bare_;
    for (std::size_t i = 0; i < atoms_.size(); ++i) {
      if (kept[i]) atoms_[i].put_into(question);
    }
    return question;
  }

  std::optional<Plan> find_plan(const Question& question) const {
    const SearchResult result = search(question.problem, question.query, budget_.rest());
    if (!result.plans.empty()) return result.plans.front();
    if (result.is_optimal) return std::nullopt;
    throw Error(ErrorCode::infeasible,
                "the search ended before it could tell what stands in the way; give it more time",
                "query");
  }

  SearchBudget budget_;
  Question asked_;
  Question bare_;
  std::vector<ConstraintAtom> atoms_;
};

}  // namespace

Infeasibility explain_infeasibility(const PartitionProblem& problem, const Query& query,
                                    const SearchOptions& options) {
  return Explainer(problem, query, options).explain();
}

}  // namespace scission
