// The beginnings of plans, as a tree of choices.
#pragma once

#include <cstdint>
#include <vector>

#include "scission/plan/plan.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

/// What is to be chosen next.
enum class Step { source, first_system, end, next_system, destination };
inline constexpr int step_kinds = 5;
inline constexpr int no_parent = -1;

/// The plans that begin like `parent` and go on with the rank-th or a later option of its state.
struct Node {
  Cost before = 0;  ///< by the guide, of the beginning: this node's own choice not included
  Cost busy = 0;    ///< the busiest stage or hop so far, in ticks of the clock
  int parent = no_parent;
  Step step = Step::source;
  int state = 0;   ///< of the history; for first_system the source's rank
  int block = 0;   ///< where the plan stands: blocks before it are run
  int system = 0;  ///< who runs, or ran last; for first_system the source
  std::size_t rank = 0;
  int choice = 0;  ///< of the best member
};

class PrefixTree {
 public:
  int add(const Node& node) {
    nodes_.push_back(node);
    return static_cast<int>(nodes_.size()) - 1;
  }
  const Node& operator[](int index) const { return nodes_[index]; }
  std::size_t size() const { return nodes_.size(); }

  /// From the root down to this one's own. Siblings are not on the way: a parent is a choice made.
  void list_choices(int index, std::vector<int>& choices) const;
  std::vector<int> choices(int index) const;
  Plan plan_of(int index) const;
  /// Whether a stage at or above the node runs on the system.
  bool visits(int index, int system) const;
  /// A bit for every system that runs a stage, this node's own included.
  std::vector<std::uint64_t> visited(int index, int system_count) const;

 private:
  std::vector<Node> nodes_;
};

}  // namespace scission::search_detail
