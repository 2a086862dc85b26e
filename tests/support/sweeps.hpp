// Small grids of conditions with known effects.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scission/sweep.hpp"

namespace scission::testing {

/// Factors "a", "b", … with these numbers of levels, "0", "1", …; plans "p0", "p1", …; every
/// condition, the last factor running fastest. `seconds` makes a time of a condition's levels and a
/// plan.
inline Sweep full_sweep(
    const std::vector<int>& levels, int plans,
    const std::function<double(const std::vector<int>& levels, int plan)>& seconds) {
  Sweep grid;
  grid.model = "net";
  for (std::size_t i = 0; i < levels.size(); ++i) {
    Factor factor{std::string(1, static_cast<char>('a' + i)), "", {}};
    for (int level = 0; level < levels[i]; ++level) factor.levels.push_back(std::to_string(level));
    grid.factors.push_back(factor);
  }
  for (int plan = 0; plan < plans; ++plan) grid.plans.push_back({"p" + std::to_string(plan), 1});
  for (const std::vector<int>& combination : missing_conditions(grid, full_factorial_size(grid))) {
    Condition condition{combination, {}};
    for (int plan = 0; plan < plans; ++plan) {
      PlanTime time;
      time.seconds = seconds(combination, plan);
      condition.times.push_back(time);
    }
    grid.conditions.push_back(condition);
  }
  return grid;
}

}  // namespace scission::testing
