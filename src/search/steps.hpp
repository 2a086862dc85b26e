// The kinds of choice that make up a plan: what each costs, where it leads, what there is to
// choose.
#pragma once

#include <vector>

#include "search/cost_to_go.hpp"
#include "search/prefix_tree.hpp"
#include "search/ranked_options.hpp"

namespace scission::search_detail {

class Steps {
 public:
  /// Keeps references.
  Steps(const Space& space, const History& history) : space_(space), history_(history) {}

  /// What the node's choice adds to a sum.
  Cost cost(const Node& node, const StepCosts& costs) const;
  /// Where a plan stands after the node's choice: step, state, block and system of the next node.
  Node after(const Node& node) const;
  /// Whether the node's choice is a plan's last.
  bool completes(const Node& node) const;

  /// The least that a sum grows by after the node's choice. `to_go` is over the forgetful history.
  Cost least_rest(const Node& node, const CostToGo& to_go) const;
  /// Every choice at the node that leads to an end, with the least cost from there. `to_go` is over
  /// this history.
  std::vector<Option> list_options(const Node& node, const StepCosts& costs,
                                   const CostToGo& to_go) const;

 private:
  int rank_of(int source) const;
  Cost rest(const Node& node, const CostToGo& to_go) const;
  std::vector<int> list_choices(const Node& node, const CostToGo& to_go) const;

  const Space& space_;
  const History& history_;
};

}  // namespace scission::search_detail
