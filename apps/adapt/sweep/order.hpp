// In which order a sweep measures.
#pragma once

#include <cstdint>
#include <vector>

namespace scission::sweep {

/// One condition in one block, with its plans in the order in which they are measured.
struct Visit {
  int block = 0;
  std::vector<int> levels;
  std::vector<std::size_t> plans;
};

/// Each block has every condition once, in an order of its own, and each visit its plans in an
/// order of its own, so that neither drift nor what went before looks like an effect (randomised
/// complete blocks: Fisher, "The Design of Experiments", 1935). The same seed gives the same order
/// on every machine. O(blocks · conditions · plans).
std::vector<Visit> measuring_order(const std::vector<std::vector<int>>& conditions,
                                   std::size_t plans, int blocks, std::uint64_t seed);

}  // namespace scission::sweep
