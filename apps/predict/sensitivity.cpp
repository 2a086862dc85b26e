#include "sensitivity.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "scission/base/error.hpp"

namespace scission::predict {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

std::vector<int> systems_on(const PartitionProblem& problem, const std::string& platform) {
  std::vector<int> systems;
  for (int system = 0; system < problem.system_count(); ++system) {
    if (problem.systems[system].platform == platform) systems.push_back(system);
  }
  return systems;
}

std::set<int> systems_of(const Plan& plan) {
  std::set<int> systems{plan.source};
  for (const Stage& stage : plan.stages) systems.insert(stage.system);
  if (plan.destination) systems.insert(*plan.destination);
  return systems;
}

std::string list(const PartitionProblem& problem, const std::vector<int>& systems) {
  std::vector<std::string> names;
  for (int system : systems) names.push_back(problem.systems[system].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<int> used_of(const PartitionProblem& problem, const std::vector<int>& systems,
                         const Plan& best, const std::string& platform) {
  const std::set<int> in_plan = systems_of(best);
  std::vector<int> used;
  for (int system : systems) {
    if (in_plan.contains(system)) used.push_back(system);
  }
  if (!used.empty()) return used;
  if (systems.size() == 1) return systems;
  refuse(fmt::format("the best plan uses no system of {}; name one: {}", platform,
                     list(problem, systems)));
}

int find_system(const PartitionProblem& problem, const std::string& name) {
  for (int system = 0; system < problem.system_count(); ++system) {
    if (problem.systems[system].name == name) return system;
  }
  std::vector<int> all(problem.systems.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  refuse(fmt::format("no platform or system '{}'; there is {} and {}", name,
                     fmt::join(problem.platforms, ", "), list(problem, all)));
}

std::vector<int> meant_by(const PartitionProblem& problem, const Plan& best,
                          const std::string& name) {
  const std::vector<int> platform = systems_on(problem, name);
  if (!platform.empty()) return used_of(problem, platform, best, name);
  return {find_system(problem, name.starts_with('@') ? name.substr(1) : name)};
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
  refuse(fmt::format("no link from {} to {}", list(problem, sources), list(problem, destinations)));
}

}  // namespace

std::vector<SensitivityAnswer> sensitivity_targets(const PartitionProblem& problem,
                                                   const Plan& best, const std::string& target) {
  const std::size_t comma = target.find(',');
  const std::vector<int> first = meant_by(problem, best, target.substr(0, comma));
  if (comma != std::string::npos) {
    return links_between(problem, first, meant_by(problem, best, target.substr(comma + 1)));
  }
  std::vector<SensitivityAnswer> systems;
  for (int system : first) systems.push_back({problem.systems[system].name, std::nullopt, 1});
  return systems;
}

SensitivityAnswer sensitivity_of(const PartitionProblem& problem, const Request& request,
                                 SensitivityAnswer target, const SearchOptions& options) {
  constexpr double widest = 100;
  const auto [low, high] = request.sensitivity_range.value_or(
      std::pair(target.present_value / widest, target.present_value * widest));
  target.ranges =
      target.to ? bandwidth_sensitivity(problem, request.query,
                                        {target.from, *target.to, low, high}, options)
                : slowdown_sensitivity(problem, request.query, {target.from, low, high}, options);
  return target;
}

}  // namespace scission::predict
