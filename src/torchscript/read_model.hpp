// A TorchScript module as a ModelGraph.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <vector>

#include "scission/model_graph.hpp"
#include "torchscript/layers.hpp"

namespace scission::torchscript {

/// A frozen graph and what the core needs to know of it.
struct ReadModel {
  std::shared_ptr<torch::jit::Graph> code;  ///< owns the nodes
  std::vector<LayerNodes> layers;           ///< parallel to graph.layers
  ModelGraph graph;
  bool changes_input = false;  ///< whether a layer writes into the model's input
};

/// Freezes the module, groups its operations into layers, and runs them on `input` one after
/// the other to see what each puts out and which change a tensor in place. `input` is left
/// as it is.
///
/// From the layer that makes a tensor to the last layer that changes it (or a view of it) in
/// place runs a value of its own, which is no tensor, so that no cut comes between.
/// Parameters are the elements of floating-point constants with at least one dimension,
/// counted wherever an operation reads one: freezing merges equal weights.
///
/// Throws as make_runnable().
ReadModel read_model(torch::jit::Module module, const std::string& name, const at::Tensor& input);

}  // namespace scission::torchscript
