// Memory and period limits where a system or link may occur in several steps of one plan
// (CompiledConstraints::may_repeat).
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
  /// Whether the prefix may continue with the node's choice. No completion can repair a violation.
  /// O(stages).
  bool allow(const Node& node) const;
  /// The amounts of the limited resources that the prefix uses, including the node's choice. A
  /// prefix that uses no more of any resource than another has at least the same completions. Empty
  /// when no checks are needed.
  std::vector<Cost> used_up(int index) const;

 private:
  bool fits_memory(const Node& node) const;
  bool keeps_period(const Node& node) const;
  void add_memory(int index, std::vector<Cost>& used) const;
  void add_busy(int index, std::vector<Cost>& used) const;

  const SearchGraph& graph_;
  const PrefixTree& tree_;
};

/// The time of the node's stage or hop, in ticks of the graph's clock.
Cost busy_time(const SearchGraph& graph, const Node& node);

}  // namespace scission::search_detail
