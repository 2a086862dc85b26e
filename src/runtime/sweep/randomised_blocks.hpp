// Randomised complete blocks: the order of the measurements, and the pooling of their samples.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/sweep/journal.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"
#include "scission/sweep.hpp"

namespace scission::runtime {

/// One condition in one block, with its plans in measuring order.
struct ConditionRun {
  int block = 0;
  std::vector<int> levels;
  std::vector<std::size_t> plans;
};

/// Each block contains every condition once, in its own random order, and each condition its plans
/// in their own random order, so that neither drift nor the measurement before looks like an effect
/// (Fisher, "The Design of Experiments", 1935). The same seed gives the same order on every
/// machine. O(blocks · conditions · plans).
std::vector<ConditionRun> randomised_order(const std::vector<std::vector<int>>& conditions,
                                           std::size_t plans, int blocks, std::uint64_t seed);

SweepCounts count_measurements(const std::vector<Measurement>& measurements);

/// Adds the measured conditions to the sweep, with the samples of all blocks pooled, and notes that
/// say what is missing and why. A plan's system_seconds are the mean over its blocks. Conditions
/// without any time are left out. O(measurements · log measurements).
void add_measurements(Sweep& sweep, const std::vector<Measurement>& measurements);

}  // namespace scission::runtime
