// Prefixes of plans as a tree of choices, and the options to continue one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "scission/plan/plan.hpp"
#include "search/cost_to_go.hpp"
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
  int state = 0;   ///< of the states; for first_system the source's rank
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

/// `choice` is a system or an end; `cost` is that step's and the least from there to the end of
/// the plan. Of equal costs the smaller choice comes first.
struct Option {
  Cost cost;
  int choice;

  friend auto operator<=>(const Option&, const Option&) = default;
};

/// Sorted only as far as anybody asked, and kept only as far as is likely to be asked.
class RankedOptions {
 public:
  /// Keeps the `capacity` cheapest.
  RankedOptions(std::vector<Option> options, std::size_t capacity) {
    is_all_ = options.size() <= capacity;
    if (!is_all_) {
      std::nth_element(options.begin(), options.begin() + static_cast<long>(capacity),
                       options.end());
      options = std::vector<Option>(options.begin(), options.begin() + static_cast<long>(capacity));
    }
    options_ = std::move(options);
    std::make_heap(options_.rbegin(), options_.rend(), std::greater<>());
  }

  /// nullptr when not that many are kept; see is_all().
  const Option* at(std::size_t rank) {
    if (rank >= options_.size()) return nullptr;
    for (; sorted_ <= rank; ++sorted_) {
      std::pop_heap(options_.rbegin(), options_.rend() - static_cast<long>(sorted_),
                    std::greater<>());
    }
    return &options_[rank];
  }

  bool is_all() const { return is_all_; }
  std::size_t capacity() const { return options_.size(); }

 private:
  std::vector<Option> options_;  // [0, sorted_) in order, the rest a heap that grows backwards
  std::size_t sorted_ = 0;
  bool is_all_ = true;
};

/// The kinds of choice that make up a plan: cost, successor, options.
class Steps {
 public:
  /// Keeps references.
  Steps(const SearchGraph& graph, const LabelStates& states) : graph_(graph), states_(states) {}

  /// What the node's choice adds to a sum.
  Cost cost(const Node& node, const StepCosts& costs) const;
  /// Where a plan stands after the node's choice: step, state, block and system of the next node.
  Node after(const Node& node) const;
  /// Whether the node's choice is a plan's last.
  bool completes(const Node& node) const;

  /// The least that a sum grows by after the node's choice. `to_go` is over the forgetful states.
  Cost least_rest(const Node& node, const CostToGo& to_go) const;
  /// Every choice at the node that leads to an end, with the least cost from there. `to_go` is over
  /// this states.
  std::vector<Option> list_options(const Node& node, const StepCosts& costs,
                                   const CostToGo& to_go) const;

 private:
  int rank_of(int source) const;
  Cost rest(const Node& node, const CostToGo& to_go) const;
  std::vector<int> list_choices(const Node& node, const CostToGo& to_go) const;

  const SearchGraph& graph_;
  const LabelStates& states_;
};

}  // namespace scission::search_detail
