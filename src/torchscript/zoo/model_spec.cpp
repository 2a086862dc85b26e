#include "torchscript/zoo/model_spec.hpp"

#include <functional>
#include <numeric>

namespace scission::torchscript::zoo {
namespace {

constexpr std::int64_t float_bytes = 4;

Value output_value(const LayerSpec& layer) {
  Value value;
  value.name = layer.name;
  value.dtype = "float32";
  value.shape = {1};
  value.shape.insert(value.shape.end(), layer.output.begin(), layer.output.end());
  value.bytes = float_bytes * elements(layer.output);
  return value;
}

Layer graph_layer(const LayerSpec& spec, int output) {
  Layer layer;
  layer.name = spec.name;
  layer.type = spec.type;
  layer.inputs = spec.inputs;
  layer.outputs = {output};
  layer.parameters = parameters(spec);
  layer.weight_bytes = float_bytes * layer.parameters;
  layer.flops = spec.flops;
  return layer;
}

}  // namespace

std::int64_t elements(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::int64_t parameters(const LayerSpec& layer) {
  std::int64_t sum = 0;
  for (const WeightSpec& weight : layer.weights) sum += elements(weight.shape);
  return sum;
}

std::int64_t parameters(const ModelSpec& spec) {
  std::int64_t sum = 0;
  for (const LayerSpec& layer : spec.layers) sum += parameters(layer);
  return sum;
}

std::int64_t flops(const ModelSpec& spec) {
  std::int64_t sum = 0;
  for (const LayerSpec& layer : spec.layers) sum += layer.flops;
  return sum;
}

ModelGraph model_graph(const ModelSpec& spec) {
  ModelGraph graph;
  graph.name = spec.name;
  for (const LayerSpec& layer : spec.layers) {
    const int index = static_cast<int>(graph.layers.size());
    graph.values.push_back(output_value(layer));
    graph.layers.push_back(graph_layer(layer, index));
  }
  graph.outputs = {static_cast<int>(graph.values.size()) - 1};
  return graph;
}

}  // namespace scission::torchscript::zoo
