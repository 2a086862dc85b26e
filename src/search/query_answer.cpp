// A query with its analyses.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/search/analysis.hpp"
#include "search/compiled_constraints.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

using search_detail::SearchBudget;

bool uses(const Plan& plan, int system) {
  return plan.source == system || plan.destination == system ||
         std::any_of(plan.stages.begin(), plan.stages.end(),
                     [&](const Stage& stage) { return stage.system == system; });
}

std::string list_names(const PartitionProblem& problem, const std::vector<int>& systems) {
  std::vector<std::string> names;
  for (int system : systems) names.push_back(problem.systems[system].name);
  return text::join(names, ", ");
}

// Of a platform, the systems that the plan uses, else its only one.
std::vector<int> systems_meant(const PartitionProblem& problem, const Plan& best,
                               const std::string& name) {
  const search_detail::SystemGroup group = search_detail::resolve_group(problem, {name}, "");
  std::vector<int> all;
  std::vector<int> used;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (!group.holds(system)) continue;
    all.push_back(system);
    if (uses(best, system)) used.push_back(system);
  }
  if (!used.empty()) return used;
  if (all.size() == 1) return all;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("the best plan uses no system of {}; name one: {}", name,
                          list_names(problem, all)));
}

std::vector<SensitivityAnswer> links_between(const PartitionProblem& problem,
                                             const std::vector<int>& sources,
                                             const std::vector<int>& destinations) {
  std::vector<SensitivityAnswer> links;
  for (int from : sources) {
    for (int to : destinations) {
      if (from == to || !problem.link(from, to)) continue;
      links.push_back({problem.systems[from].name, problem.systems[to].name,
                       problem.link(from, to)->megabits_per_s});
    }
  }
  if (!links.empty()) return links;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("no link from {} to {}", list_names(problem, sources),
                          list_names(problem, destinations)));
}

// With their present values, and no ranges yet.
std::vector<SensitivityAnswer> sensitivity_targets(const PartitionProblem& problem,
                                                   const Plan& best, const std::string& target) {
  const std::size_t comma = target.find(',');
  const std::vector<int> first = systems_meant(problem, best, target.substr(0, comma));
  if (comma != std::string::npos) {
    return links_between(problem, first, systems_meant(problem, best, target.substr(comma + 1)));
  }
  std::vector<SensitivityAnswer> systems;
  for (int system : first) systems.push_back({problem.systems[system].name, std::nullopt, 1});
  return systems;
}

// The result, or nothing where the time does not suffice.
template <typename Analyse>
auto in_time(Analyse analyse) -> std::optional<decltype(analyse())> {
  try {
    return analyse();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::interrupted) throw;
    return std::nullopt;
  }
}

std::vector<SensitivityRange> ranges_of(const PartitionProblem& problem, const Query& query,
                                        const SensitivityAnswer& target,
                                        const AnalysisRequest& request,
                                        const SearchOptions& options) {
  constexpr double widest = 100;
  const auto [low, high] = request.sensitivity_range.value_or(
      std::pair(target.present_value / widest, target.present_value * widest));
  return target.to
             ? bandwidth_sensitivity(problem, query, {target.from, *target.to, low, high}, options)
             : slowdown_sensitivity(problem, query, {target.from, low, high}, options);
}

void add_sensitivity(const PartitionProblem& problem, const Query& query, const std::string& target,
                     const AnalysisRequest& request, const SearchBudget& budget,
                     QueryAnswer& answer) {
  try {
    const Plan& best = answer.result.plans.front();
    for (SensitivityAnswer& one : sensitivity_targets(problem, best, target)) {
      auto ranges = in_time([&] { return ranges_of(problem, query, one, request, budget.rest()); });
      if (ranges) one.ranges = std::move(*ranges);
      answer.sensitivity.push_back(std::move(one));
    }
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "sensitivity " + target);
  }
}

std::optional<Plan> find_runner_up(const PartitionProblem& problem, Query query,
                                   const SearchResult& result, const SearchBudget& budget) {
  if (result.plans.size() > 1) return result.plans[1];
  if (query.result_count > 1) return std::nullopt;
  query.result_count = 2;
  const SearchResult two = search(problem, query, budget.rest());
  return two.plans.size() > 1 ? std::optional(two.plans[1]) : std::nullopt;
}

}  // namespace

QueryAnswer answer_query(const PartitionProblem& problem, const Query& query,
                         const AnalysisRequest& request, const SearchOptions& options) {
  const SearchBudget budget(options);
  QueryAnswer answer;
  answer.result = search(problem, query, options);
  if (request.on_result) request.on_result(answer.result);
  if (answer.result.plans.empty()) {
    if (answer.result.is_optimal) {
      answer.infeasibility =
          in_time([&] { return explain_infeasibility(problem, query, budget.rest()); });
    }
    return answer;
  }
  if (!request.pareto.empty()) {
    answer.pareto = {request.pareto, pareto_front(problem, query, request.pareto, budget.rest())};
  }
  for (const std::string& target : request.sensitivity) {
    add_sensitivity(problem, query, target, request, budget, answer);
  }
  if (request.with_runner_up) {
    answer.runner_up = find_runner_up(problem, query, answer.result, budget);
  }
  return answer;
}

}  // namespace scission
