// Large neighbourhood search over orders of layers: windows of consecutive layers are reordered one
// by one so that fewer bytes are alive between neighbours.
#pragma once

#include <cstdint>
#include <vector>

#include "scission/model.hpp"

namespace scission {

/// The order of a model's layers as a scheduling problem. A memory is named by the value that owns
/// it; fixed values have none.
struct OrderProblem {
  std::vector<std::vector<int>> next;   ///< [layer] layers that must run later, each once
  std::vector<std::vector<int>> reads;  ///< [layer] memories, each once
  std::vector<std::vector<int>> makes;  ///< [layer] memories that have a user
  std::vector<std::int64_t> bytes;      ///< [memory]
  std::vector<int> users;               ///< [memory] layers that read it, and the model's caller

  int layer_count() const { return static_cast<int>(next.size()); }
};

/// Every layer but layer 0 has a predecessor, so that layer 0 comes first. O(layers + values).
/// Throws as lifetimes() does.
OrderProblem order_problem(const ModelGraph& graph);

/// The topological order `order` after reordering each of its windows, which end where at most
/// `max_alive` memories are alive: optimally if the window has few downsets, else by beam search. A
/// window keeps its order unless another one has a lower cost, the sum of the bytes alive after
/// each layer. O(layers × (few downsets, or beam width) × ready layers).
std::vector<int> improve_windows(const OrderProblem& problem, const std::vector<int>& order,
                                 int max_alive);

}  // namespace scission
