// What an order of layers has to respect, and what it costs.
#pragma once

#include <cstdint>
#include <vector>

#include "scission/model/model_graph.hpp"

namespace scission::order {

/// Memory is named by the value that owns it. Fixed values take none.
struct OrderProblem {
  std::vector<std::vector<int>> before;  ///< [layer] layers that have to come earlier, each once
  std::vector<std::vector<int>> next;    ///< [layer] the same links, the other way
  std::vector<std::vector<int>> reads;   ///< [layer] memories, each once
  std::vector<std::vector<int>> makes;   ///< [layer] memories that somebody needs
  std::vector<std::int64_t> bytes;       ///< [memory]
  std::vector<int> users;                ///< [memory] layers that read it, and the model's caller

  int layer_count() const { return static_cast<int>(before.size()); }
};

/// Every layer but layer 0 has at least one before it, so that layer 0 comes first.
/// O(layers + values). Throws as lifetimes() does.
OrderProblem order_problem(const ModelGraph& graph);

/// How many memories are alive after each layer of a topological order. O(layers + values).
std::vector<int> alive_counts(const OrderProblem& problem, const std::vector<int>& order);

}  // namespace scission::order
