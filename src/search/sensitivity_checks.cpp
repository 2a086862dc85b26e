#include "search/sensitivity_checks.hpp"

#include <fmt/format.h>

#include <cmath>

#include "scission/base/error.hpp"
#include "search/group.hpp"
#include "search/plan_limits.hpp"

namespace scission {

void refuse_sensitivity(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message, "sensitivity");
}

void require_system(const PartitionProblem& problem, int system) {
  if (system >= 0 && system < problem.system_count()) return;
  refuse_sensitivity(
      fmt::format("there is no system {}; there are {}", system, problem.system_count()));
}

void require_range(double low, double high) {
  if (0 < low && low < high && std::isfinite(high)) return;
  refuse_sensitivity(
      fmt::format("the range {:g} to {:g} must go from above 0 to more than that", low, high));
}

void require_link(const PartitionProblem& problem, int from, int to) {
  require_system(problem, from);
  require_system(problem, to);
  const std::string names =
      fmt::format("from {} to {}", problem.systems[from].name, problem.systems[to].name);
  if (from == to || !problem.link(from, to)) refuse_sensitivity("there is no link " + names);
  if (problem.link(from, to)->curve.empty()) return;
  refuse_sensitivity(
      "the link " + names +
      " is a measured curve, which has no bandwidth to change; give it a row of ping and "
      "bandwidth, without the curve");
}

void require_unmoved(const Query& query, const std::vector<Metric>& moved, const char* by) {
  if (query.objective.period > 0) {
    refuse_sensitivity(
        "the objective holds the period, whose least has no exact breakpoints; leave it out");
  }
  for (const Metric measure : moved) {
    PlanLimits limits = query.limits;
    if (!limit_on(measure, limits)) continue;
    refuse_sensitivity(
        fmt::format("the limit on {} would not stay where it is as the {} changes; leave it out",
                    to_string(measure), by));
  }
}

void require_compute_unmoved(const PartitionProblem& problem, const Query& query, int system) {
  for (const auto& [name, constraints] : query.constraints) {
    if (!constraints.compute) continue;
    if (!constraints.compute->is_share && !is_in_group(problem, name, system)) continue;
    refuse_sensitivity(
        fmt::format("the limit on computing on {} would not stay where it is as {} slows down; "
                    "leave it out",
                    name, problem.systems[system].name));
  }
}

}  // namespace scission
