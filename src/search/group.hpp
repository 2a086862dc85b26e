// The systems that a constraint's name means.
#pragma once

#include <algorithm>
#include <string_view>

#include "scission/plan/problem.hpp"

namespace scission {

/// Whether the name means this system: a platform all of its systems, else a system; `@name` always
/// a system.
inline bool is_in_group(const PartitionProblem& problem, std::string_view name, int system) {
  const System& one = problem.systems.at(system);
  if (name.starts_with('@')) return one.name == name.substr(1);
  const bool is_platform = std::find(problem.platforms.begin(), problem.platforms.end(), name) !=
                           problem.platforms.end();
  return (is_platform ? one.platform : one.name) == name;
}

}  // namespace scission
