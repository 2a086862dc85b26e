// Which nodes make up which layer.
#pragma once

#include <string>
#include <vector>

#include "onnx/node_graph.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// Consecutive nodes, without those that make fixed values.
struct LayerNodes {
  std::string name;  ///< unique in the model
  std::string type;  ///< "Conv", "Conv+Relu"
  std::vector<int> nodes;
};

/// Layer 0 is the input and has no nodes. With Granularity::layer and block, nodes are grouped by
/// the path that exporters write in front of a node's name ("/layer1/layer1.0/conv1/Conv"); a node
/// without one is a layer. O(length of the names).
std::vector<LayerNodes> group_layers(const NodeGraph& nodes, Granularity granularity);

}  // namespace scission::onnx
