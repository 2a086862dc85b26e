// A device and a cloud, and a model of three blocks.
#pragma once

#include "scission/plan/problem.hpp"

namespace scission::testing {

inline PartitionProblem two_systems() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 200'000}, {2, 4, 100'000}, {5, 5, 4'000}};
  problem.block_s = {{1, 2, 3}, {0.1, 0.2, 0.3}};
  problem.links = {std::nullopt, Link{100, 1.6}, Link{100, 1.6}, std::nullopt};
  return problem;
}

}  // namespace scission::testing
