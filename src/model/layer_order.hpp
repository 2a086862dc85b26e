// Topological orders of a model's layers that keep the tensors between neighbours small.
#pragma once

#include <cstdint>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {

/// A topological order with small frontiers: order[i] is the i-th layer.
///
/// Minimises the sum, over all places between neighbouring layers, of the bytes alive there, by a
/// window search (window_search.hpp). The cost never exceeds that of the given order. Layer 0 stays
/// first. Deterministic. O(layers × beam width × ready layers).
SCISSION_EXPORT std::vector<int> compact_order(const ModelGraph& graph);

/// The graph with its layers in that order; values keep their indices.
/// Throws Error(invalid_argument) when `order` is not a topological order of all layers.
SCISSION_EXPORT ModelGraph reordered(const ModelGraph& graph, const std::vector<int>& order);

/// The cost that compact_order() minimises; a memory counts once, with all its views.
SCISSION_EXPORT std::int64_t frontier_bytes(const ModelGraph& graph);

}  // namespace scission
