// A model read for given inputs: its nodes, their types, its layers, and the graph of the layers.
#pragma once

#include <string>
#include <vector>

#include "onnx/layers.hpp"
#include "onnx/model_file.hpp"
#include "onnx/node_graph.hpp"
#include "onnx/shapes.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// `nodes` refers to `file`.
struct ReadModel {
  ModelFile file;
  NodeGraph nodes;
  std::vector<ValueType> types;    ///< by number of the value in `nodes`
  std::vector<LayerNodes> layers;  ///< of `graph`, in its order
  ModelGraph graph;
  std::vector<int> values;  ///< numbers in `nodes` of the values in `graph`
};

/// Layers and graph of a model whose file, nodes and types are filled in.
void describe_layers(ReadModel& model, const std::string& name, Granularity granularity,
                     LayerOrder order);

}  // namespace scission::onnx
