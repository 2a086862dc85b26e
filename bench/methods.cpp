#include "methods.hpp"

#include <algorithm>

#include "support/plan_milp.hpp"

namespace scission::bench {
namespace {

using End = Attempt::End;

// Runs a method in this process up to its deadline.
template <typename Best>
Attempt timed(Best best, const PartitionProblem& problem, const Query& query, double time_limit_s) {
  Attempt attempt;
  const double start_s = own_cpu_s();
  try {
    CpuDeadline deadline(time_limit_s);
    attempt.plan = best(problem, query, deadline);
  } catch (const OutOfTime&) {
    attempt.end = End::out_of_time;
  }
  attempt.cpu_s = own_cpu_s() - start_s;
  return attempt;
}

Attempt run_boost(const PartitionProblem& problem, const Query& query, double time_limit_s) {
#ifdef SCISSION_HAS_BOOST_GRAPH
  const bool limits_memory =
      std::any_of(query.constraints.begin(), query.constraints.end(),
                  [](const auto& entry) { return entry.second.memory_bytes.has_value(); });
  if (query.can_revisit && limits_memory) return {End::not_asked, 0, {}};
  return timed(best_by_boost, problem, query, time_limit_s);
#else
  static_cast<void>(problem), static_cast<void>(query), static_cast<void>(time_limit_s);
  return {End::not_installed, 0, {}};
#endif
}

// The program alone, in cbc's own process: writing and reading its files is not counted.
Attempt run_cbc(const PartitionProblem& problem, const Query& query, double time_limit_s) {
  constexpr double most_columns = 200'000;
  if (!testing::has_cbc()) return {End::not_installed, 0, {}};
  const double systems = problem.system_count();
  if (problem.block_count() * systems * systems > most_columns) {
    return {End::not_asked, 0, {}};
  }
  const double start_s = children_cpu_s();
  const testing::MilpAnswer answer = testing::best_plan_by_milp(problem, query, time_limit_s);
  const bool is_late = answer.status == testing::MilpSolution::Status::out_of_time;
  return {is_late ? End::out_of_time : End::answered, children_cpu_s() - start_s, answer.plan};
}

Attempt run_enumeration(const PartitionProblem& problem, const Query& query, double time_limit_s) {
  constexpr int most_blocks = 40;  // not finished either in a reasonable time
  if (query.can_revisit || problem.block_count() > most_blocks) return {End::not_asked, 0, {}};
  return timed(best_by_enumeration, problem, query, time_limit_s);
}

}  // namespace

Attempt run_search(const PartitionProblem& problem, const Query& query, double time_limit_s) {
  SearchOptions options;
  options.time_limit_s = time_limit_s;
  const double start_s = own_cpu_s();
  const SearchResult result = search(problem, query, options);
  Attempt attempt{result.is_optimal ? End::answered : End::out_of_time, own_cpu_s() - start_s, {}};
  if (!result.plans.empty()) attempt.plan = result.plans.front();
  return attempt;
}

const std::vector<Method>& methods() {
  static const std::vector<Method> all = {{"scission", run_search},
                                          {"Boost.Graph", run_boost},
                                          {"MILP, cbc", run_cbc},
                                          {"enumeration", run_enumeration}};
  return all;
}

}  // namespace scission::bench
