// Cost to go: the least cost from any point of a walk to its end, by backward dynamic programming.
#pragma once

#include <vector>

#include "search/compiled_constraints.hpp"
#include "search/search_graph.hpp"
#include "search/step_costs.hpp"

namespace scission::search_detail {

/// Bellman's equations over block, system and label state h, from the last block to the first:
///
///     leave(h, n, s) = cost of sending the output, where a plan may finish on s in state h
///     leave(h, e, s) = min over t of  enter(e, s, t) + begin(h+t, e, t)
///     begin(h, b, s) = min over e of  run(s, b, e) + leave(h, e, s)  b < e ≤ furthest_end(b, s)
///
/// furthest_end is monotone in b, so the second minimum is taken over a sliding window. H label
/// states take O(H·n·S²) time and O(H·n·S) memory. The first minimum is computed in doubles; only
/// values within the rounding error of the minimum are compared exactly.
class CostToGo {
 public:
  CostToGo(const SearchGraph& graph, const LabelStates& states, StepCosts& costs);

  /// The system has received the input of `block` and has not run it yet.
  Cost begin(int state, int block, int system) const { return begin_[at(state, block, system)]; }
  /// The system has run its stage, which ended before block `end`.
  Cost leave(int state, int end, int system) const { return leave_[at(state, end, system)]; }
  /// Only the source is chosen, by its rank.
  Cost from_source(int source_rank) const;
  Cost least() const;

  /// The least cost of sending the output from the last system.
  Cost finish(int state, int system) const;
  /// The destinations allowed in a state.
  const std::vector<int>& destinations(int state) const;

  /// A cheapest walk. It may repeat systems that are not critical in the label states.
  /// Requires least() < unreachable. O(n·S).
  Plan best_walk() const;

 private:
  using Window = SlidingMinimum<Cost>;

  void fill_begin(int block, std::vector<Window>& windows);
  void fill_leave(int end);
  Cost min_entry(int end, int system);
  void collect_next(int state, int block);
  bool is_needed(int state, int system) const;
  std::size_t at(int state, int block, int system) const {
    return (static_cast<std::size_t>(state) * (graph_.block_count() + 1) + block) *
               graph_.system_count() +
           system;
  }

  const SearchGraph& graph_;
  const LabelStates& states_;
  StepCosts& costs_;
  std::vector<Cost> begin_;  // [state, block, system]
  std::vector<Cost> leave_;  // [state, end, system]

  // For one state and block: begin() after entering each system, as doubles and exact.
  StepCosts::Rest rest_;
  Row sums_;
};

}  // namespace scission::search_detail
