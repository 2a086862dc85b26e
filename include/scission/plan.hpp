// A plan: which system runs which layers, and what that costs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scission/network.hpp"
#include "scission/problem.hpp"

namespace scission {

/// Consecutive blocks on one system. Indices are into the PartitionProblem.
struct Stage {
  int system = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// Stages in order, covering all blocks; the input lies on `source`.
struct Plan {
  int source = 0;
  std::vector<Stage> stages;

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// One transfer of a plan.
struct Hop {
  int from = 0;
  int to = 0;
  double bytes = 0;
  double seconds = 0;
};

/// What a plan costs, taken apart.
struct PlanCost {
  double latency_s = 0;  ///< compute + transfer
  double compute_s = 0;
  double transfer_s = 0;
  double traffic_bytes = 0;     ///< over all hops
  std::vector<double> stage_s;  ///< compute of each stage
  std::vector<Hop> hops;        ///< one for each change of system, the input's included
};

/// Adds up a plan's cost from nothing but the problem: no search involved.
/// `input_bytes` is what crosses into block 0. O(blocks).
/// Throws Error(invalid_argument) when the stages do not cover the blocks in order or name a
/// system that is not there, and Error(mismatch) when a hop has no link.
PlanCost cost(const PartitionProblem& problem, const Plan& plan, double input_bytes);

}  // namespace scission
