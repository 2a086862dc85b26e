// What only a run can tell about a model's layers.
#pragma once

#include <torch/script.h>

#include <unordered_map>
#include <vector>

#include "scission/model_graph.hpp"
#include "torchscript/layers.hpp"
#include "torchscript/subgraph.hpp"

namespace scission::torchscript {

/// What a layer takes from other layers, and what it makes for them or the model's caller.
struct LayerIo {
  Values reads;
  Values makes;
};

using ValueIndex = std::unordered_map<const torch::jit::Value*, int>;  ///< → ModelGraph::values

/// A layer changed in place what an earlier layer had made, or what shares its storage.
struct Mutation {
  int value = 0;    ///< what the layer changed
  int made_by = 0;  ///< the layer that made the storage
  int changed_by = 0;
};

/// Runs the layers in order on a copy of `input`, freeing each value after its last use, and
/// fills in type, shape and bytes of every value of `graph`.
/// Throws Error(mismatch) with the layer as place when one of them does not run.
std::vector<Mutation> observe(const std::vector<LayerNodes>& layers, const std::vector<LayerIo>& io,
                              const ValueIndex& index, const at::Tensor& input, ModelGraph& graph);

}  // namespace scission::torchscript
