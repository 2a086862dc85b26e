// A problem that keeps a search busy.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "scission/plan/problem.hpp"

namespace scission::testing {

/// 14 systems and 40 blocks with links between all: in any order, each system once, this takes far
/// longer than a test may.
inline PartitionProblem hard_problem() {
  constexpr int systems = 14;
  constexpr int blocks = 40;
  std::mt19937 random(1);
  PartitionProblem problem;
  problem.model = "hard";
  problem.platforms = {"device"};
  for (int block = 0; block < blocks; ++block) {
    problem.blocks.push_back({block, block, static_cast<std::int64_t>(random() % 100'000)});
  }
  for (int system = 0; system < systems; ++system) {
    problem.systems.push_back({"s" + std::to_string(system), "device"});
    problem.block_s.emplace_back();
    for (int block = 0; block < blocks; ++block) {
      problem.block_s.back().push_back(static_cast<double>(random() % 1000) / 1000);
    }
  }
  problem.links.assign(systems * systems, Link{1, 80});
  return problem;
}

}  // namespace scission::testing
