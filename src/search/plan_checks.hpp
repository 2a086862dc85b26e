// Constraints on what a system or link does over several steps of one plan, where it may have
// several (CompiledConstraints::may_repeat): its memory, and its share of the period.
#pragma once

#include <vector>

#include "search/prefix_tree.hpp"
#include "search/search_graph.hpp"

namespace scission::search_detail {

class PlanChecks {
 public:
  /// Keeps references.
  PlanChecks(const SearchGraph& graph, const PrefixTree& tree) : graph_(graph), tree_(tree) {}

  bool are_needed() const;
  /// Whether the beginning may go on with the node's choice. What is refused once no rest of a plan
  /// mends. O(stages).
  bool allow(const Node& node) const;
  /// What of the limited is used up by the beginning, the node's choice included: a beginning with
  /// no more of anything may go on however another may. Empty when no checks are needed.
  std::vector<Cost> used_up(int index) const;

 private:
  bool fits_memory(const Node& node) const;
  bool keeps_period(const Node& node) const;
  void add_memory(int index, std::vector<Cost>& used) const;
  void add_busy(int index, std::vector<Cost>& used) const;

  const SearchGraph& graph_;
  const PrefixTree& tree_;
};

/// The time that the node's choice takes: of a stage or of a hop, in ticks of the space's clock.
Cost busy_time(const SearchGraph& graph, const Node& node);

}  // namespace scission::search_detail
