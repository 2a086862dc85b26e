// Liveness of values: where they are needed, which of them share memory, and what a cut has to
// send.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "scission/model/model_graph.hpp"

namespace scission {

/// Layer indices. What the model returns is needed by its caller, one past the last layer; what
/// nobody reads is last used where it is made.
struct Lifetime {
  static constexpr int never = -1;

  int made = never;
  int last_use = never;

  bool alive_after(int layer) const { return made != never && made <= layer && layer < last_use; }
};

/// One entry a value. O(layers + values).
/// Throws Error(invalid_argument) that names the layer when the graph is not in topological order:
/// a layer reads, views or has to run after what comes later, or makes what was made before.
std::vector<Lifetime> lifetimes(const ModelGraph& graph);

/// For every value the one at the end of its chain of views, itself if it is no view. O(values).
std::vector<int> memory_roots(const ModelGraph& graph);

/// For every value that has memory of its own: how long it, or a view of it, is needed. Views have
/// no entry of their own: never. O(values).
std::vector<Lifetime> memory_lifetimes(const std::vector<Lifetime>& lives,
                                       const std::vector<int>& roots);

/// What the value's memory takes: nothing for fixed ones, of which each side has its own.
std::int64_t memory_bytes(const Value& value);

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

/// A walk over all layers costs O(layers + values), times the logarithm of how much is alive, times
/// how many views of one memory are alive together. The graph has to outlive it.
class Frontier {
 public:
  /// Before layer 0. Throws as lifetimes() does.
  explicit Frontier(const ModelGraph& graph);

  /// Goes to the place after the next layer.
  void advance();

  /// Alive at this place, ascending.
  const std::set<int>& tensors() const { return tensors_; }
  const std::set<int>& opaque() const { return opaque_; }

  /// What is sent for the tensors: see Cut::crossing.
  const std::set<int>& sent() const { return sent_; }
  std::int64_t sent_bytes() const { return sent_bytes_; }

  /// How many layers to come read the value; the model's caller counts as one.
  int readers_left(int value) const { return readers_left_[value]; }

 private:
  void count_readers();
  void add(int value);
  void remove(int value);
  void refresh(int origin);

  const ModelGraph& graph_;
  std::vector<Lifetime> lives_;
  ViewForest views_;
  std::vector<std::vector<int>> reads_;  // [layer] each value once
  std::vector<std::vector<int>> dying_;  // [layer] values that it is the last to read
  std::vector<int> readers_left_;
  std::vector<std::set<int>> alive_of_;    // [origin]
  std::vector<std::vector<int>> sent_of_;  // [origin]
  std::vector<int> touched_;               // origins
  std::set<int> tensors_;
  std::set<int> opaque_;
  std::set<int> sent_;
  std::int64_t sent_bytes_ = 0;
  int next_layer_ = 0;
};

}  // namespace scission
