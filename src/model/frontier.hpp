// What is alive at one place of a model, kept up to date on the way through its layers.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "model/lifetimes.hpp"
#include "model/view_forest.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

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
