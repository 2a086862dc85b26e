#include "zoo/models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission::zoo {
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

/// The rank at which a depth-first search from the last layer visits each layer; -1: never.
std::vector<int> visit_ranks(const std::vector<LayerSpec>& layers) {
  std::vector<int> ranks(layers.size(), -1);
  std::vector<int> pending = {static_cast<int>(layers.size()) - 1};
  int next_rank = 0;
  while (!pending.empty()) {
    const int layer = pending.back();
    pending.pop_back();
    if (ranks[layer] != -1) continue;
    ranks[layer] = next_rank++;
    const std::vector<int>& inputs = layers[layer].inputs;
    pending.insert(pending.end(), inputs.rbegin(), inputs.rend());
  }
  return ranks;
}

/// The length of the longest path from each layer to the last one.
std::vector<int> depths(const std::vector<LayerSpec>& layers) {
  std::vector<int> depth(layers.size(), 0);
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    for (const int input : layers[layer].inputs) {
      depth[input] = std::max(depth[input], depth[layer] + 1);
    }
  }
  return depth;
}

/// -1 … 1 from the upper 24 of 32 bits.
float signed_unit(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-23F - 1.0F; }

}  // namespace

std::uint64_t WeightStream::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void WeightStream::draw(const WeightSpec& weight, float* values) {
  const auto centre = static_cast<float>(weight.centre);
  const auto spread = static_cast<float>(weight.spread);
  const std::int64_t size = elements(weight.shape);
  for (std::int64_t i = 0; i < size; i += 2) {
    const std::uint64_t word = next();
    values[i] = centre + spread * signed_unit(static_cast<std::uint32_t>(word));
    if (i + 1 < size) {
      values[i + 1] = centre + spread * signed_unit(static_cast<std::uint32_t>(word >> 32));
    }
  }
}

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

std::vector<LayerSpec> in_keras_order(std::vector<LayerSpec> layers) {
  const std::vector<int> depth = depths(layers);
  const std::vector<int> rank = visit_ranks(layers);
  std::vector<int> order(layers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::tuple(-depth[a], rank[a]) < std::tuple(-depth[b], rank[b]);
  });

  std::vector<int> position(layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  std::vector<LayerSpec> ordered;
  ordered.reserve(layers.size());
  for (const int layer : order) {
    ordered.push_back(std::move(layers[layer]));
    for (int& input : ordered.back().inputs) input = position[input];
  }
  return ordered;
}

const std::vector<ModelEntry>& all_models() {
  static const std::vector<ModelEntry> all = {
      {"vgg16", [] { return vgg("vgg16", 3); }},
      {"vgg19", [] { return vgg("vgg19", 4); }},
      {"xception", xception},
      {"resnet50", [] { return resnet("resnet50", 4, 6); }},
      {"resnet101", [] { return resnet("resnet101", 4, 23); }},
      {"resnet152", [] { return resnet("resnet152", 8, 36); }},
      {"resnet50v2", [] { return resnet_v2("resnet50v2", 4, 6); }},
      {"resnet101v2", [] { return resnet_v2("resnet101v2", 4, 23); }},
      {"resnet152v2", [] { return resnet_v2("resnet152v2", 8, 36); }},
      {"inception_v3", inception_v3},
      {"inceptionresnet_v2", inceptionresnet_v2},
      {"mobilenet", mobilenet},
      {"mobilenetv2", mobilenetv2},
      {"densenet121", [] { return densenet("densenet121", 24, 16); }},
      {"densenet169", [] { return densenet("densenet169", 32, 32); }},
      {"densenet201", [] { return densenet("densenet201", 48, 32); }},
      {"nasnetlarge", nasnetlarge},
      {"nasnetmobile", nasnetmobile},
      {"alexnet", alexnet},
      {"lenet", lenet},
  };
  return all;
}

ModelSpec make_model(std::string_view name) {
  std::vector<std::string> known;
  for (const ModelEntry& candidate : all_models()) {
    if (candidate.name == name) return candidate.make();
    known.push_back(candidate.name);
  }
  throw_invalid_argument(
      fmt::format("no built-in model is called \"{}\"; {}", name, suggestion(name, known)));
}

}  // namespace scission::zoo
