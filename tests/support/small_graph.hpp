// Small models, specified by the inputs of every layer.
#pragma once

#include <string>
#include <vector>

#include "scission/model.hpp"

namespace scission::testing {

/// Layer i makes value i, a tensor of 4·(i + 1) bytes, from the values in inputs[i]; it has 10·i
/// parameters. The model returns the last layer's value.
inline ModelGraph graph_of(const std::vector<std::vector<int>>& inputs) {
  ModelGraph graph;
  graph.name = "small";
  for (int index = 0; index < static_cast<int>(inputs.size()); ++index) {
    const std::string number = std::to_string(index);
    Value value;
    value.name = "v" + number;
    value.dtype = "float32";
    value.shape = {1, index + 1};
    value.bytes = 4 * (index + 1);
    graph.values.push_back(value);
    Layer layer;
    layer.name = "layer" + number;
    layer.type = "T" + number;
    layer.inputs = inputs[index];
    layer.outputs = {index};
    layer.parameters = 10 * index;
    graph.layers.push_back(layer);
  }
  graph.outputs = {static_cast<int>(inputs.size()) - 1};
  return graph;
}

// input ──▶ 1 ──▶ 2 ──▶ 3
inline ModelGraph chain() { return graph_of({{}, {0}, {1}, {2}}); }

// input ──▶ 1 ──┬──▶ 2 ──▶ 3 ──▶ 4 (add) ──▶ 5
//               └────────────────▲
inline ModelGraph residual() { return graph_of({{}, {0}, {1}, {2}, {3, 1}, {4}}); }

}  // namespace scission::testing
