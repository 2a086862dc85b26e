// What a name in a query means.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "scission/plan/problem.hpp"

namespace scission::testing {

/// Whether the name means this system: a platform's name means all of its systems, `@name` one
/// system.
inline bool is_meant(const PartitionProblem& problem, const std::string& name, int system) {
  const System& own = problem.systems[system];
  const auto& platforms = problem.platforms;
  if (std::find(platforms.begin(), platforms.end(), name) != platforms.end()) {
    return own.platform == name;
  }
  return own.name == (name.starts_with('@') ? name.substr(1) : name);
}

inline bool is_any_meant(const PartitionProblem& problem, const std::vector<std::string>& names,
                         int system) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_meant(problem, name, system); });
}

}  // namespace scission::testing
