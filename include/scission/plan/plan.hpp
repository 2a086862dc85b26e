// A plan: which system runs which layers, and what that costs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/network.hpp"
#include "scission/plan/problem.hpp"

namespace scission {

/// Consecutive blocks on one system. Indices are into the PartitionProblem.
struct SCISSION_EXPORT Stage {
  int system = 0;
  int first_block = 0;
  int last_block = 0;

  friend bool operator==(const Stage&, const Stage&) = default;
};

/// Stages in order, covering all blocks; the input lies on `source`. Where `destination` is given,
/// the output is sent there from the last stage's system.
struct SCISSION_EXPORT Plan {
  int source = 0;
  std::vector<Stage> stages;
  std::optional<int> destination = {};

  friend bool operator==(const Plan&, const Plan&) = default;
};

/// One transfer of a plan.
struct SCISSION_EXPORT Hop {
  int from = 0;
  int to = 0;
  double bytes = 0;
  double seconds = 0;
};

/// What a plan costs, taken apart.
struct SCISSION_EXPORT PlanCost {
  double latency_s = 0;  ///< compute + transfer
  double compute_s = 0;
  double transfer_s = 0;
  /// The busy time of the busiest system or directed link, see Link::busy_s(): with stages
  /// overlapping, one input is finished every period.
  double period_s = 0;
  double traffic_bytes = 0;  ///< over all hops
  /// Σ seconds × the system's power + Σ bytes × the link's energy; NaN where one is not known.
  /// Where no link of the problem states its energy, links take none.
  double energy_j = 0;
  /// Σ hours × the system's price + Σ bytes × the link's price; unknown as above.
  double money = 0;
  std::vector<double> stage_s;  ///< compute of each stage
  std::vector<Hop> hops;        ///< one for each change of system: the input's and the output's too
};

/// What a system must hold for a plan: the weights of all its blocks, and of the activations the
/// most that any of its blocks needs at once. 0 for a system without a stage.
/// Throws Error(invalid_argument) when the problem has no memory figures.
SCISSION_EXPORT double memory_bytes(const PartitionProblem& problem, const Plan& plan, int system);

/// Adds up a plan's cost from nothing but the problem: no search involved.
/// `input_bytes` is what crosses into block 0. O(blocks + systems² + hops log hops).
/// Throws Error(invalid_argument) when the stages do not cover the blocks in order or name a
/// system that is not there, and Error(mismatch) when a hop has no link.
SCISSION_EXPORT PlanCost cost(const PartitionProblem& problem, const Plan& plan,
                              double input_bytes);

}  // namespace scission
