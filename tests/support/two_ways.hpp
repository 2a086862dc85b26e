// A device and an edge with a link between them: the smallest problem with a decision.
#pragma once

#include "scission/plan/problem.hpp"
#include "scission/search/search.hpp"

namespace scission::testing {

/// Three blocks of 1 s on the device and 0.1 s on the edge; 1 Mbit crosses into every block over
/// 10 Mbit/s and 10 ms, for an input of 125 kB: all on the edge takes 0.41 s, all on the device 3
/// s.
inline PartitionProblem two_ways() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge"};
  problem.systems = {{"pi", "device"}, {"box", "edge"}};
  for (int block = 0; block < 3; ++block) problem.blocks.push_back({block, block, 125'000});
  problem.block_s = {{1, 1, 1}, {0.1, 0.1, 0.1}};
  problem.links.resize(4);
  problem.links[1] = Link{10, 10};
  return problem;
}

inline constexpr double two_ways_input_bytes = 125'000;

/// For the plan of least latency.
inline Query two_ways_query() {
  Query query;
  query.input_bytes = two_ways_input_bytes;
  return query;
}

}  // namespace scission::testing
