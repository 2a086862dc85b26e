// Dominance between prefixes of plans.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "search/ticks.hpp"

namespace scission::search_detail {

/// A prefix that has just ended a stage, as dominance compares it.
struct Label {
  std::vector<Cost> spent;             ///< the cost, then every limited sum
  std::vector<std::uint64_t> visited;  ///< one bit a system; empty where visits are not limited
  std::vector<int> choices;            ///< from the source on; decides ties

  /// Whether this label costs no more, leaves every option open that the other does, and comes
  /// first in a tie.
  bool dominates(const Label& other) const {
    for (std::size_t sum = 0; sum < spent.size(); ++sum) {
      if (spent[sum] > other.spent[sum]) return false;
    }
    for (std::size_t word = 0; word < visited.size(); ++word) {
      if (visited[word] & ~other.visited[word]) return false;
    }
    return spent[0] < other.spent[0] || choices < other.choices;
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
  bool dominates_or_adds(std::size_t state, Label label) {
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
