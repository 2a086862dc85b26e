// Topological orders of a model's layers that keep the tensors between neighbours small.
#pragma once

#include <cstdint>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// A topological order with small frontiers: order[i] is the layer that comes i-th.
///
/// What is kept small is the sum, over all places between neighbours, of the bytes alive there.
/// Between places that one tensor crosses alone, stretches are ordered by themselves: exactly
/// where a dynamic programme over their downsets is small enough, else by beam search, and never
/// worse than they are. Layer 0 stays first. Same graph, same order.
/// O(layers × beam width × ready layers).
SCISSION_EXPORT std::vector<int> compact_order(const ModelGraph& graph);

/// The graph with its layers in that order; values keep their indices.
/// Throws Error(invalid_argument) when `order` is no topological order of all layers.
SCISSION_EXPORT ModelGraph reordered(const ModelGraph& graph, const std::vector<int>& order);

/// Sum over all places between neighbouring layers of the bytes alive there, views counted with
/// the memory that they show, once.
SCISSION_EXPORT std::int64_t frontier_bytes(const ModelGraph& graph);

}  // namespace scission
