// A plan as a list of what takes time: its stages and hops in order.
#pragma once

#include <string>
#include <vector>

#include "scission/plan/plan.hpp"

namespace scission::predict {

struct Item {
  std::string where;  ///< "raspi4", or "raspi4 → vm"
  std::string what;   ///< "layers 0 - 6", or "1.20 MB"
  double seconds = 0;

  friend bool operator==(const Item&, const Item&) = default;
};

/// O(stages).
std::vector<Item> items_of(const PartitionProblem& problem, const Plan& plan, double input_bytes);

/// Items of one place as one, in the order of first appearance: what each system and link is busy
/// with.
std::vector<Item> merged_by_place(const std::vector<Item>& items);

/// The longest; the list must not be empty.
Item longest(const std::vector<Item>& items);

}  // namespace scission::predict
