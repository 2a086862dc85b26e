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

/// 0.2 MB a second. The first codec halves what crosses, exactly; the second leaves an eighth of
/// it.
inline PartitionProblem coded_problem() {
  PartitionProblem problem = two_systems();
  problem.systems[0].power_w = 1;
  problem.systems[1].power_w = 2;
  CodecCosts& half = problem.codecs.emplace_back();
  half.name = "half";
  half.bytes = {400'000, 100'000, 50'000, 2'000};
  half.encode_s.assign(2, {0.1, 0.1, 0.1, 0.1});
  half.decode_s.assign(2, {0.05, 0.05, 0.05, 0.05});
  CodecCosts eighth = half;
  eighth.name = "lossy";
  eighth.bytes = {100'000, 25'000, 12'500, 500};
  eighth.error = {0.02, 0.02, 0.01, 0.01};
  eighth.disagreement = {0.25, 0.125, 0, 0};
  problem.codecs.push_back(eighth);
  return problem;
}

}  // namespace scission::testing
