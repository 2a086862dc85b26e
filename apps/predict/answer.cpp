#include "answer.hpp"

#include <algorithm>
#include <utility>

#include "scission/base/error.hpp"
#include "sensitivity.hpp"

namespace scission::predict {
namespace {

// An explanation that the time does not suffice for is left out; that none fits stands.
std::optional<Infeasibility> explain(const PartitionProblem& problem, const Query& query,
                                     const SearchOptions& options) {
  try {
    return explain_infeasibility(problem, query, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::infeasible) throw;
    return std::nullopt;
  }
}

// Where the time does not suffice, the ranges stay empty.
SensitivityAnswer ranges_in_time(const PartitionProblem& problem, const Request& request,
                                 const SensitivityAnswer& target, const SearchOptions& options) {
  try {
    return sensitivity_of(problem, request, target, options);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::infeasible) throw;
    return target;
  }
}

std::vector<SensitivityAnswer> find_sensitivity(const PartitionProblem& problem,
                                                const Request& request, const Plan& best,
                                                const TimeBudget& budget) {
  std::vector<SensitivityAnswer> answers;
  for (const std::string& target : request.sensitivity) {
    try {
      for (const SensitivityAnswer& one : sensitivity_targets(problem, best, target)) {
        answers.push_back(ranges_in_time(problem, request, one, budget.options()));
      }
    } catch (const Error& error) {
      throw Error(error.code(), error.message(), "--sensitivity " + target);
    }
  }
  return answers;
}

}  // namespace

SearchOptions TimeBudget::options() const {
  SearchOptions options;
  if (seconds_) {
    const double spent = std::chrono::duration<double>(Clock::now() - start_).count();
    options.time_limit_s = std::max(0.0, *seconds_ - spent);
  }
  return options;
}

QueryAnswer complete_answer(const PartitionProblem& problem, const Request& request,
                            SearchResult result, const TimeBudget& budget) {
  QueryAnswer answer;
  answer.result = std::move(result);
  if (answer.result.plans.empty()) {
    if (answer.result.is_optimal) {
      answer.infeasibility = explain(problem, request.query, budget.options());
    }
    return answer;
  }
  if (!request.pareto.empty()) {
    answer.pareto = {request.pareto,
                     pareto_front(problem, request.query, request.pareto, budget.options())};
  }
  answer.sensitivity = find_sensitivity(problem, request, answer.result.plans.front(), budget);
  return answer;
}

std::optional<Plan> find_runner_up(const PartitionProblem& problem, const Request& request,
                                   const SearchResult& result, const TimeBudget& budget) {
  if (result.plans.size() > 1) return result.plans[1];
  if (request.query.result_count > 1) return std::nullopt;
  Query query = request.query;
  query.result_count = 2;
  const SearchResult two = search(problem, query, budget.options());
  return two.plans.size() > 1 ? std::optional(two.plans[1]) : std::nullopt;
}

}  // namespace scission::predict
