// Which values show the same memory, and what to send for several of them.
#pragma once

#include <vector>

#include "scission/model/model_graph.hpp"

namespace scission {

/// The trees that Value::view_of spans. Chains of views may be long: nothing below walks along them
/// step by step. The graph has to outlive the forest.
class ViewForest {
 public:
  /// O(values). The graph has passed lifetimes(), so that no value is a view of itself.
  explicit ViewForest(const ModelGraph& graph);

  /// The end of the value's chain.
  int origin(int value) const { return origin_[value]; }

  /// Whether `view` is `value` or made of it, directly or not.
  bool shows(int view, int value) const {
    return first_[value] <= first_[view] && first_[view] <= last_[value];
  }

  /// What is sent so that a reader has all of `needed`, which are tensors of one origin: those that
  /// are no views of others, a smaller tensor that one of them is a view of, or one that all of
  /// them are views of where it is smaller than they are together. O(k log k + log values) for k
  /// tensors.
  std::vector<int> sent_for(std::vector<int> needed) const;

 private:
  void number_nodes();
  void link(int value, int parent);
  void keep_uppermost(std::vector<int>& values) const;
  int common_source(int a, int b) const;
  std::int64_t bytes(int value) const { return graph_.values[value].bytes; }

  const ModelGraph& graph_;
  std::vector<int> origin_;
  std::vector<int> first_;     // number in depth-first order
  std::vector<int> last_;      // the highest number in the value's tree
  std::vector<int> depth_;     // links to the origin
  std::vector<int> jump_;      // an ancestor so far up that any other is O(log depth) jumps away
  std::vector<int> cheapest_;  // the nearest of the smallest tensors up to the origin; −1 if none
};

}  // namespace scission
