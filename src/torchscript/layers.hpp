// Which nodes of a frozen graph make up which layer.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

namespace scission::torchscript {

/// One layer and its nodes, in the graph's order. Constants are in no layer.
struct LayerNodes {
  std::string name;                      ///< "layer1.0.conv1", "flatten"; unique
  std::string type;                      ///< "Conv2D", "aten::flatten"
  std::vector<torch::jit::Node*> nodes;  ///< none in layer 0, the input
};

/// Groups the nodes in their order, so that layer i+1 begins where layer i ends.
///
/// Neighbouring operations of one call of a leaf submodule are a layer, named after the
/// submodule and typed by its class. An operation outside of leaf submodules is a layer of its
/// own. Bookkeeping (sizes, lists, checks) counts for nothing by itself: it goes with the
/// layer that follows it, taking apart a list with the layer before it. O(nodes).
std::vector<LayerNodes> group_layers(torch::jit::Graph& graph);

}  // namespace scission::torchscript
