#include "torchscript/zoo/models.hpp"

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/api/module.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

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

using Unit = std::shared_ptr<torch::jit::CompilationUnit>;

const char* const class_prefix = "__torch__.scission.";

/// "x0: Tensor, x1: Tensor"
std::string parameter_list(std::size_t count) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < count; ++i) parts.push_back(fmt::format("x{}: Tensor", i));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string layer_source(const LayerSpec& layer) {
  return fmt::format("def forward(self, {}) -> Tensor:\n  return {}\n",
                     parameter_list(layer.inputs.size()), layer.expression);
}

/// Each layer's output is a variable named after the layer.
std::string model_source(const ModelSpec& spec) {
  std::string source =
      fmt::format("def forward(self, {}: Tensor) -> Tensor:\n", spec.layers.front().name);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    std::vector<std::string> inputs;
    for (const int input : layer.inputs) inputs.push_back(spec.layers[input].name);
    source += fmt::format("  {0} = self.{0}.forward({1})\n", layer.name, fmt::join(inputs, ", "));
  }
  return source + fmt::format("  return {}\n", spec.layers.back().name);
}

torch::jit::Module new_module(const std::string& class_name, const Unit& unit) {
  torch::jit::Module module(c10::QualifiedName(class_prefix + class_name), unit, true);
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

/// The classes of a model's layers, defined when first needed.
class LayerClasses {
 public:
  explicit LayerClasses(Unit unit) : unit_(std::move(unit)) {}

  /// A layer with undefined weights.
  torch::jit::Module instantiate(const LayerSpec& layer) {
    c10::ClassTypePtr& type = classes_[layer.type + layer_source(layer)];
    if (!type) type = define(layer);
    torch::jit::Module module(unit_, type);
    module.setattr("training", false);
    return module;
  }

 private:
  c10::ClassTypePtr define(const LayerSpec& layer) {
    torch::jit::Module module = new_module(layer.type, unit_);
    for (const WeightSpec& weight : layer.weights) {
      module.type()->addAttribute(weight.name, c10::TensorType::get(), weight.is_trainable,
                                  !weight.is_trainable);
    }
    module.define(layer_source(layer));
    return module.type();
  }

  Unit unit_;
  std::map<std::string, c10::ClassTypePtr> classes_;
};

/// -1 … 1 from the upper 24 of 32 bits.
float signed_unit(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-23F - 1.0F; }

/// Uniform random weights, drawn in order: SplitMix64 (Steele et al., "Fast Splittable Pseudorandom
/// Number Generators", 2014), two floats of 24 bits from each of its words.
class WeightStream {
 public:
  explicit WeightStream(std::uint64_t seed) : state_(seed) {}

  /// The next tensor: float32, contiguous, on the CPU.
  at::Tensor draw(const WeightSpec& weight);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

std::uint64_t WeightStream::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

at::Tensor WeightStream::draw(const WeightSpec& weight) {
  at::Tensor tensor = at::empty(weight.shape, at::TensorOptions(at::kFloat).device(at::kCPU));
  const auto centre = static_cast<float>(weight.centre);
  const auto spread = static_cast<float>(weight.spread);
  float* values = tensor.data_ptr<float>();
  const std::int64_t size = tensor.numel();
  for (std::int64_t i = 0; i < size; i += 2) {
    const std::uint64_t word = next();
    values[i] = centre + spread * signed_unit(static_cast<std::uint32_t>(word));
    if (i + 1 < size) {
      values[i + 1] = centre + spread * signed_unit(static_cast<std::uint32_t>(word >> 32));
    }
  }
  return tensor;
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

torch::jit::Module compile(const ModelSpec& spec, std::uint64_t seed) {
  const auto unit = std::make_shared<torch::jit::CompilationUnit>();
  LayerClasses classes(unit);
  WeightStream weights(seed);
  torch::jit::Module model = new_module(spec.name, unit);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const LayerSpec& layer = spec.layers[i];
    torch::jit::Module module = classes.instantiate(layer);
    for (const WeightSpec& weight : layer.weights) {
      module.setattr(weight.name, weights.draw(weight));
    }
    model.register_module(layer.name, module);
  }
  model.define(model_source(spec));
  return model;
}

}  // namespace scission::torchscript::zoo
