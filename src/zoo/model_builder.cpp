#include "zoo/model_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

namespace scission::zoo {
namespace {

/// The approximate moments of images after preprocessing.
Moments input_moments(Preprocessing preprocessing) {
  switch (preprocessing) {
    case Preprocessing::caffe:
      return {0, 64 * 64};
    case Preprocessing::tf:
      return {0, 0.5 * 0.5};
    case Preprocessing::torch:
      break;
  }
  return {0, 1};
}

/// "MaxPooling2D" → "max_pooling2d"
std::string snake_case(const std::string& type) {
  std::string name;
  for (std::size_t i = 0; i < type.size(); ++i) {
    if (i > 0 && std::islower(type[i - 1]) && std::isupper(type[i])) name += '_';
    name += static_cast<char>(std::tolower(type[i]));
  }
  return name;
}

Moments mixture(const std::vector<Node>& parts) {
  double channels = 0;
  double mean = 0;
  double mean_square = 0;
  for (const Node& part : parts) {
    const auto weight = static_cast<double>(part.shape[0]);
    channels += weight;
    mean += weight * part.moments.mean;
    mean_square += weight * part.moments.mean_square();
  }
  mean /= channels;
  return {mean, mean_square / channels - mean * mean};
}

}  // namespace

Moments sum(const Moments& a, const Moments& b) {
  return {a.mean + b.mean, a.variance + b.variance};
}

Moments rectified(const Moments& x) {
  const double deviation = std::sqrt(x.variance);
  const double z = x.mean / deviation;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  const double positive = std::erfc(-z / std::numbers::sqrt2) / 2;
  const double mean = x.mean * positive + deviation * density;
  const double square = x.mean_square() * positive + x.mean * deviation * density;
  return {mean, square - mean * mean};
}

Moments squashed(const Moments& x) { return {0, x.variance / (1 + 1.54 * x.variance)}; }

Moments pooled(const Moments& x) { return {x.mean + std::sqrt(x.variance) / 2, x.variance}; }

std::string activated(const std::string& expression, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return fmt::format("torch.relu({})", expression);
    case Activation::tanh:
      return fmt::format("torch.tanh({})", expression);
    case Activation::softmax:
      return fmt::format("torch.softmax({}, 1)", expression);
    case Activation::none:
      break;
  }
  return expression;
}

Moments activated(const Moments& moments, Activation activation) {
  if (activation == Activation::relu) return rectified(moments);
  if (activation == Activation::tanh) return squashed(moments);
  return moments;
}

ModelBuilder::ModelBuilder(std::string name, Shape input, Preprocessing preprocessing)
    : spec_{std::move(name), preprocessing, {}},
      input_(add_layer({"input_1", "InputLayer", {}, "", std::move(input)},
                       input_moments(preprocessing))) {}

Node ModelBuilder::add_layer(LayerSpec layer, const Moments& moments) {
  if (layer.name.empty()) {
    const int before = unnamed_[layer.type]++;
    layer.name = snake_case(layer.type);
    if (before > 0) layer.name += fmt::format("_{}", before);
  }
  Node node{static_cast<int>(spec_.layers.size()), layer.output, moments};
  spec_.layers.push_back(std::move(layer));
  return node;
}

std::string ModelBuilder::distinct(const Node& x,
                                   const std::vector<std::string>& expressions) const {
  for (const std::string& expression : expressions) {
    const bool taken =
        std::any_of(spec_.layers.begin(), spec_.layers.end(), [&](const LayerSpec& layer) {
          return layer.inputs == std::vector{x.layer} && layer.expression == expression;
        });
    if (!taken) return expression;
  }
  throw std::logic_error(spec_.layers[x.layer].name + ": too many layers compute the same of it");
}

// What relu() itself calls is clamp_min(); 0 and 0.0 are different constants.
Node ModelBuilder::activation(const Node& x, Activation activation, const std::string& name) {
  std::vector<std::string> expressions = {activated("x0", activation)};
  if (activation == Activation::relu) {
    for (const char* other :
         {"clamp_min(x0, 0)", "clamp_min(x0, 0.0)", "clamp(x0, 0)", "clamp(x0, 0.0)"}) {
      expressions.push_back(std::string("torch.") + other);
    }
  }
  return add_layer({name, "Activation", {x.layer}, distinct(x, expressions), x.shape},
                   activated(x.moments, activation));
}

Node ModelBuilder::relu6(const Node& x, const std::string& name) {
  LayerSpec layer{name, "ReLU", {x.layer}, "torch.relu6(x0)", x.shape};
  layer.flops = elements(x.shape);
  return add_layer(std::move(layer), rectified(x.moments));
}

Node ModelBuilder::local_response_norm(const Node& x, const std::string& name) {
  LayerSpec layer{name, "Lambda", {x.layer}, "", x.shape};
  layer.expression =
      "torch.div(x0, torch.pow(torch.add(torch.mul(torch.squeeze(torch.avg_pool3d("
      "torch.unsqueeze(torch.mul(x0, x0), 1), [5, 1, 1], [1, 1, 1], [2, 0, 0]), 1), "
      "0.0005), 2), 0.75))";
  layer.flops = 2 * elements(x.shape);
  const double divisor = std::pow(2 + 5e-4 * x.moments.mean_square(), 0.75);
  return add_layer(std::move(layer),
                   {x.moments.mean / divisor, x.moments.variance / (divisor * divisor)});
}

Node ModelBuilder::add(const Node& a, const Node& b, const std::string& name) {
  return add_layer({name, "Add", {a.layer, b.layer}, "torch.add(x0, x1)", a.shape},
                   sum(a.moments, b.moments));
}

Node ModelBuilder::scaled_add(const Node& a, const Node& b, double scale, const std::string& name) {
  LayerSpec layer{name, "Lambda", {a.layer, b.layer}, "", a.shape};
  layer.expression = fmt::format("torch.add(x0, x1, alpha={:e})", scale);
  layer.flops = 2 * elements(a.shape);
  const Moments scaled{scale * b.moments.mean, scale * scale * b.moments.variance};
  return add_layer(std::move(layer), sum(a.moments, scaled));
}

Node ModelBuilder::concatenate(const std::vector<Node>& parts, const std::string& name) {
  LayerSpec layer{name, "Concatenate", {}, "", parts.front().shape};
  layer.output[0] = 0;
  std::vector<std::string> inputs;
  for (const Node& part : parts) {
    inputs.push_back(fmt::format("x{}", inputs.size()));
    layer.inputs.push_back(part.layer);
    layer.output[0] += part.shape[0];
  }
  // LibTorch's freezing merges a concatenation with one that it reads along the same dimension,
  // and the latter's layer would be gone. It compares the dimensions as they are written.
  const bool reads_first_way = std::any_of(layer.inputs.begin(), layer.inputs.end(), [&](int i) {
    return spec_.layers[i].type == layer.type && spec_.layers[i].expression.ends_with(", 1)");
  });
  layer.expression =
      fmt::format("torch.cat([{}], {})", fmt::join(inputs, ", "), reads_first_way ? "-3" : "1");
  return add_layer(std::move(layer), mixture(parts));
}

Node ModelBuilder::flatten(const Node& x, const std::string& name) {
  return add_layer({name, "Flatten", {x.layer}, "torch.flatten(x0, 1)", {elements(x.shape)}},
                   x.moments);
}

Node ModelBuilder::reshape(const Node& x, Shape shape, const std::string& name) {
  const std::string expression = fmt::format("torch.reshape(x0, [-1, {}])", fmt::join(shape, ", "));
  return add_layer({name, "Reshape", {x.layer}, expression, std::move(shape)}, x.moments);
}

Node ModelBuilder::dropout(const Node& x, double rate, const std::string& name) {
  const std::string expression = fmt::format("torch.dropout(x0, {:e}, False)", rate);
  return add_layer({name, "Dropout", {x.layer}, expression, x.shape}, x.moments);
}

ModelSpec ModelBuilder::finish() {
  spec_.layers = in_keras_order(std::move(spec_.layers));
  return std::move(spec_);
}

ModelSpec ModelBuilder::finish_classifier(const Node& x, const std::string& pool_name) {
  dense(global_average_pool(x, pool_name), 1000, "predictions", Activation::softmax);
  return finish();
}

}  // namespace scission::zoo
