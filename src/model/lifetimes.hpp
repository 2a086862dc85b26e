// From where to where values, and the memory behind them, are needed.
#pragma once

#include <cstdint>
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

}  // namespace scission
