// Which beginnings of plans need not be followed: N others are at least as good in everything.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "search/ticks.hpp"

namespace scission::search_detail {

/// The beginning of a plan that has just ended a stage.
struct Label {
  std::vector<Cost> spent;             ///< the cost, then every limited sum
  std::vector<std::uint64_t> visited;  ///< a bit a system; empty where that does not matter
  std::vector<int> choices;            ///< from the source on, for ties
};

/// Labels of each state, in the order in which they came.
///
/// A label may go only when N others dominate it: dropping all but the best would lose the second
/// best plans, third best, …
class Dominance {
 public:
  explicit Dominance(int result_count) : result_count_(result_count) {}

  /// Whether `result_count` labels of the same state cost no more, come first in a tie, and leave
  /// everything open that this one does. If not, it is kept to judge others by.
  bool dominates_or_adds(std::size_t state, Label label);

 private:
  int result_count_;
  std::unordered_map<std::size_t, std::vector<Label>> labels_;
};

}  // namespace scission::search_detail
