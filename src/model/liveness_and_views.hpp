// Liveness of values: where they are needed, which of them share memory, and what a cut has to
// send.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "scission/model.hpp"

namespace scission {

/// From which to which layer a value is needed. Outputs of the model have their last use one past
/// the last layer; unused values have theirs in the layer that makes them.
struct Lifetime {
  static constexpr int never = -1;

  int made = never;
  int last_use = never;

  bool alive_after(int layer) const { return made != never && made <= layer && layer < last_use; }
};

/// One entry per value. O(layers + values).
/// Throws Error(invalid_argument) with the layer if the graph is not in topological order: a layer
/// reads, views or must run after something later, or makes a value that exists already.
std::vector<Lifetime> lifetimes(const ModelGraph& graph);

/// For every value the end of its chain of views: the value that owns the memory. O(values).
std::vector<int> memory_roots(const ModelGraph& graph);

/// For every value that owns its memory the time for which it or a view of it is needed; views have
/// the entry never. O(values).
std::vector<Lifetime> memory_lifetimes(const std::vector<Lifetime>& lives,
                                       const std::vector<int>& roots);

/// Size of the value's memory; 0 for fixed values, which are not sent.
std::int64_t memory_bytes(const Value& value);

/// The trees that Value::view_of spans. Chains of views may be long; no operation walks along them
/// step by step. The graph must outlive the forest.
class ViewForest {
 public:
  /// O(values). lifetimes() must accept the graph, so that the views have no cycle.
  explicit ViewForest(const ModelGraph& graph);

  /// The end of the value's chain of views.
  int origin(int value) const { return origin_[value]; }

  /// Whether `view` is `value` or a direct or indirect view of it.
  bool is_view_of(int view, int value) const {
    return first_[value] <= first_[view] && first_[view] <= last_[value];
  }

  /// The tensors to send so that a reader can recompute all of `needed`, k tensors of one origin:
  /// those that are not views of others, each replaced by a smaller source if it has one; or a
  /// common source if it is smaller than all of these together. O(k log k + log values).
  std::vector<int> tensors_to_send(std::vector<int> needed) const;

 private:
  void number_nodes();
  void link(int value, int parent);
  void drop_views_of_others(std::vector<int>& values) const;
  int common_source(int a, int b) const;
  std::int64_t bytes(int value) const { return graph_.values[value].bytes; }

  const ModelGraph& graph_;
  std::vector<int> origin_;
  std::vector<int> first_;     // index in depth-first order
  std::vector<int> last_;      // the highest index in the value's subtree
  std::vector<int> depth_;     // distance to the origin
  std::vector<int> jump_;      // an ancestor; any ancestor is O(log depth) jumps away
  std::vector<int> cheapest_;  // the nearest of the smallest tensors up to the origin, or −1
};

/// The values alive at one place of a model, updated while walking through its layers. The walk
/// takes O((layers + values) × log(values alive) × views of one memory alive together). The graph
/// must outlive it.
class Frontier {
 public:
  /// Starts before layer 0. Throws what lifetimes() throws.
  explicit Frontier(const ModelGraph& graph);

  /// Moves to the place after the next layer.
  void advance();

  /// Alive at this place, ascending.
  const std::set<int>& tensors() const { return tensors_; }
  const std::set<int>& opaque() const { return opaque_; }

  /// The values to send for the tensors: see Cut::crossing.
  const std::set<int>& sent() const { return sent_; }
  std::int64_t sent_bytes() const { return sent_bytes_; }

  /// Number of later layers that read the value, plus one if the model returns it.
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
  std::vector<std::vector<int>> dying_;  // [layer] values whose last reader it is
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
