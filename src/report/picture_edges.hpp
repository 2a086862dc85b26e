// The lines of a model's picture.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// A value on its way from the layer that makes it to one that reads it.
struct PictureEdge {
  int from = 0;
  int to = 0;     ///< the number of layers: the model's caller
  int value = 0;  ///< index into ModelGraph::values: what is sent, where the edge crosses a cut
  std::optional<std::int64_t> sent_bytes;  ///< of the first edge of the value into each block
};

/// One edge for every tensor or opaque value that a layer, or the caller, reads; fixed values have
/// none, nor has an opaque one beside a tensor's between the same layers. By readers, ascending.
/// O(edges × tensors that cross a cut).
std::vector<PictureEdge> picture_edges(const ModelGraph& graph, const std::vector<Cut>& cuts);

/// Which of `cuts` is the first after the layer: the index of the layer's block. One past the last
/// for the caller.
int block_of(const std::vector<Cut>& cuts, int layer);

/// Those between different blocks: one for each value and reading block.
std::vector<PictureEdge> block_edges(const std::vector<PictureEdge>& edges,
                                     const std::vector<Cut>& cuts);

}  // namespace scission
