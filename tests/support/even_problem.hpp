// A problem in which only ties decide.
#pragma once

#include <string>
#include <vector>

#include "scission/plan/problem.hpp"

namespace scission::testing {

/// Two systems a platform ("a0", "a1", "b0", …); every block takes equally long everywhere, and
/// transfers take no time.
inline PartitionProblem even_problem(int platforms, int blocks, double seconds) {
  constexpr Link free_link{0, 8e6};
  PartitionProblem problem;
  problem.model = "even";
  for (int platform = 0; platform < platforms; ++platform) {
    const std::string name(1, static_cast<char>('a' + platform));
    problem.platforms.push_back(name);
    for (int i = 0; i < 2; ++i) problem.systems.push_back({name + std::to_string(i), name});
  }
  for (int block = 0; block < blocks; ++block) problem.blocks.push_back({block, block, 0});
  problem.block_s.assign(problem.systems.size(), std::vector<double>(blocks, seconds));
  problem.links.assign(problem.systems.size() * problem.systems.size(), free_link);
  return problem;
}

}  // namespace scission::testing
