// Prefixes of plans as a tree of choices, the options to continue one, and which of them to drop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scission/plan/plan.hpp"
#include "search/cost_to_go.hpp"
#include "search/ticks.hpp"

namespace scission::search_detail {

/// The kind of the next choice.
enum class Step { source, first_system, end, next_system, destination };
inline constexpr int step_kinds = 5;
inline constexpr int no_parent = -1;

/// The plans that share the prefix `parent` and continue with the rank-th or a later option of its
/// state.
struct Node {
  Cost before = 0;  ///< the relaxed cost of the prefix, without this node's choice
  Cost busy = 0;    ///< its busiest stage or hop, in ticks of the clock
  int parent = no_parent;
  Step step = Step::source;
  int state = 0;   ///< label state; for first_system the source's rank
  int block = 0;   ///< blocks before it have been run
  int system = 0;  ///< of the present or last stage; for first_system the source
  std::size_t rank = 0;
  int choice = 0;  ///< that of the best member
};

/// Whether the node's choice sends something.
inline bool is_hop(const Node& node) {
  return node.step != Step::source && node.step != Step::end && node.system != node.choice;
}

class PrefixTree {
 public:
  int add(const Node& node) {
    nodes_.push_back(node);
    return static_cast<int>(nodes_.size()) - 1;
  }
  const Node& operator[](int index) const { return nodes_[index]; }

  /// The choices from the root to this node, inclusive.
  void list_choices(int index, std::vector<int>& choices) const;
  std::vector<int> choices(int index) const;
  Plan plan_of(int index) const;
  /// Whether the prefix up to the node, inclusive, has a stage on the system.
  bool visits(int index, int system) const;
  /// A bit for every system with a stage in the prefix up to the node, inclusive.
  std::vector<std::uint64_t> visited(int index, int system_count) const;

 private:
  std::vector<Node> nodes_;
};

/// `choice` is a system or an end; `cost` is the step's cost plus the cost to go after it. Of equal
/// costs the smaller choice comes first.
struct Option {
  Cost cost;
  int choice;

  friend auto operator<=>(const Option&, const Option&) = default;
};

/// Options in ascending order, sorted lazily. Only the cheapest are kept.
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

  /// nullptr when fewer options are kept; see is_all().
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
  std::vector<Option> options_;  // [0, sorted_) in order, then a reversed heap
  std::size_t sorted_ = 0;
  bool is_all_ = true;
};

/// The kinds of choice that make up a plan: cost, successor, options.
class Steps {
 public:
  /// Keeps references.
  Steps(const SearchGraph& graph, const LabelStates& states) : graph_(graph), states_(states) {}

  /// The cost of the node's choice, with the codec of least cost.
  Cost cost(const Node& node, const StepCosts& costs) const;
  /// The same with this codec.
  Cost cost(const Node& node, const StepCosts& costs, int codec) const;
  /// Step, state, block and system of the node that follows the choice.
  Node after(const Node& node) const;
  /// Whether the node's choice completes a plan.
  bool completes(const Node& node) const;

  /// The cost to go after the node's choice. `to_go` is over the state-space relaxation.
  Cost min_rest(const Node& node, const CostToGo& to_go) const;
  /// Every choice at the node that can be completed. `to_go` is over these label states.
  std::vector<Option> list_options(const Node& node, const StepCosts& costs,
                                   const CostToGo& to_go) const;

 private:
  int rank_of(int source) const;
  Cost rest(const Node& node, const CostToGo& to_go) const;
  std::vector<int> list_choices(const Node& node, const CostToGo& to_go) const;

  const SearchGraph& graph_;
  const LabelStates& states_;
};

// --- Limits that concern several steps of one plan ---

/// Memory and period limits where a system or link may occur in several steps of one plan
/// (CompiledConstraints::may_repeat).
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
  /// Where hops may be coded, the period depends on the codecs: see CodecChooser.
  bool limits_period() const { return graph_.longest() < unreachable && !graph_.has_codecs(); }
  bool fits_memory(const Node& node) const;
  bool keeps_period(const Node& node) const;
  void add_memory(int index, std::vector<Cost>& used) const;
  void add_busy(int index, std::vector<Cost>& used) const;

  const SearchGraph& graph_;
  const PrefixTree& tree_;
};

/// The least time of the node's stage or hop, in ticks of the graph's clock, without coding.
Cost busy_time(const SearchGraph& graph, const Node& node);

// --- Dominance between prefixes ---

/// A prefix that has just ended a stage, as dominance compares it.
struct Label {
  /// The cost, then every limited sum. Where codecs may be chosen, a row of them for each choice.
  std::vector<Cost> spent;
  std::size_t row_width = 0;           ///< of `spent`
  std::vector<std::uint64_t> visited;  ///< one bit a system; empty where visits are not limited
  std::vector<int> choices;            ///< from the source on; decides ties

  /// Whether this label costs no more, leaves every option open that the other does, and comes
  /// first in a tie.
  bool dominates(const Label& other) const {
    for (std::size_t word = 0; word < visited.size(); ++word) {
      if (visited[word] & ~other.visited[word]) return false;
    }
    for (std::size_t row = 0; row < other.spent.size(); row += row_width) {
      if (!has_row_below(&other.spent[row], choices < other.choices)) return false;
    }
    return true;
  }

 private:
  bool has_row_below(const Cost* other, bool wins_ties) const {
    for (std::size_t row = 0; row < spent.size(); row += row_width) {
      if (spent[row] == other[0] && !wins_ties) continue;
      std::size_t sum = 0;
      while (sum < row_width && spent[row + sum] <= other[sum]) ++sum;
      if (sum == row_width) return true;
    }
    return false;
  }
};

/// The labels of each state, in the order of their arrival.
///
/// A label is dropped only when N others dominate it: keeping one alone would lose the second best
/// plans, third best, …
class Dominance {
 public:
  explicit Dominance(int result_count) : result_count_(result_count) {}

  /// Whether `result_count` labels of the same state dominate this one. If not, it is added.
  bool is_dominated_or_adds(std::size_t state, Label label) {
    constexpr std::size_t max_labels = 512;  // more comparisons cost more than they save
    std::vector<Label>& others = labels_[state];
    int dominating = 0;
    for (const Label& other : others) {
      dominating += other.dominates(label);
      if (dominating == result_count_) return true;
    }
    if (others.size() < max_labels) others.push_back(std::move(label));
    return false;
  }

 private:
  int result_count_;
  std::unordered_map<std::size_t, std::vector<Label>> labels_;
};

}  // namespace scission::search_detail
