#include "search/groups.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base/error.hpp"

namespace scission::search_detail {
namespace {

[[noreturn]] void refuse(const PartitionProblem& problem, const std::string& name,
                         const std::string& place) {
  std::vector<std::string> known = problem.platforms;
  for (const System& system : problem.systems) known.push_back(system.name);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("no platform or system '{}'; {}", name, suggestion(name, known)), place);
}

bool is_platform(const PartitionProblem& problem, const std::string& name) {
  return std::find(problem.platforms.begin(), problem.platforms.end(), name) !=
         problem.platforms.end();
}

void add_named(const PartitionProblem& problem, const std::string& name, const std::string& place,
               Group& group) {
  const bool as_platform = is_platform(problem, name);
  const std::string system_name = name.starts_with('@') ? name.substr(1) : name;
  bool found = as_platform;
  for (int system = 0; system < problem.system_count(); ++system) {
    const System& candidate = problem.systems[system];
    if ((as_platform ? candidate.platform : candidate.name) != (as_platform ? name : system_name)) {
      continue;
    }
    group.add(system);
    found = true;
  }
  if (!found) refuse(problem, name, place);
}

}  // namespace

Group group_named(const PartitionProblem& problem, const std::string& name,
                  const std::string& place) {
  return group_of(problem, {name}, place);
}

Group group_of(const PartitionProblem& problem, const std::vector<std::string>& names,
               const std::string& place) {
  Group group(problem.systems.size());
  for (const std::string& name : names) add_named(problem, name, place, group);
  return group;
}

}  // namespace scission::search_detail
