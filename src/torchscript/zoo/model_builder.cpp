#include "torchscript/zoo/model_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "torchscript/zoo/layer_order.hpp"

namespace scission::torchscript::zoo {
namespace {

constexpr double bias_spread = 0.1;

/// Of images after preprocessing, roughly.
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

/// Scaled so that the layer's output has a variance of about 1 (He et al., "Delving Deep into
/// Rectifiers", 2015, with the measured mean square in the place of one half).
WeightSpec kernel_weight(Shape shape, const Moments& input) {
  const double fan_in = static_cast<double>(elements(shape)) / static_cast<double>(shape[0]);
  const double spread = std::sqrt(3 / (fan_in * input.mean_square()));
  return {"kernel", std::move(shape), 0, spread};
}

WeightSpec bias_weight(std::int64_t size) { return {"bias", {size}, 0, bias_spread}; }

std::string activated(const std::string& expression, Activation activation) {
  switch (activation) {
    case Activation::relu:
      return fmt::format("torch.relu({})", expression);
    case Activation::softmax:
      return fmt::format("torch.softmax({}, 1)", expression);
    case Activation::none:
      break;
  }
  return expression;
}

Moments activated(const Moments& moments, Activation activation) {
  return activation == Activation::relu ? rectified(moments) : moments;
}

/// The zeros that Keras' "same" puts around an image.
Border same_border(const Shape& image, int kernel, int stride) {
  const auto missing = [&](std::int64_t size) {
    const std::int64_t outputs = (size + stride - 1) / stride;
    return static_cast<int>(std::max<std::int64_t>(0, (outputs - 1) * stride + kernel - size));
  };
  const int rows = missing(image[1]);
  const int columns = missing(image[2]);
  return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

Shape padded_shape(const Shape& image, const Border& border) {
  return {image[0], image[1] + border.top + border.bottom, image[2] + border.left + border.right};
}

/// Of sliding a square window over an image.
Shape window_shape(std::int64_t channels, const Shape& image, int window, int stride) {
  return {channels, (image[1] - window) / stride + 1, (image[2] - window) / stride + 1};
}

std::string padded(const std::string& expression, const Border& border) {
  return fmt::format("torch.constant_pad_nd({}, [{}, {}, {}, {}])", expression, border.left,
                     border.right, border.top, border.bottom);
}

bool is_symmetric(const Border& border) {
  return border.top == border.bottom && border.left == border.right;
}

}  // namespace

ModelBuilder::ModelBuilder(std::string name, Shape input, Preprocessing preprocessing)
    : spec_{std::move(name), preprocessing, {}},
      input_(add_layer({"input_1", "InputLayer", {}, "", {}, std::move(input)},
                       input_moments(preprocessing))) {}

Node ModelBuilder::add_layer(LayerSpec layer, const Moments& moments) {
  Node node{static_cast<int>(spec_.layers.size()), layer.output, moments};
  spec_.layers.push_back(std::move(layer));
  return node;
}

Node ModelBuilder::convolve(const Node& x, const std::string& type, const std::string& name,
                            int kernel, Shape kernel_shape, int groups,
                            const ConvOptions& options) {
  const Border border =
      options.padding == Padding::same ? same_border(x.shape, kernel, options.stride) : Border{};
  const std::int64_t filters = kernel_shape[0];
  const bool symmetric = is_symmetric(border);
  const std::string convolution = fmt::format(
      "torch.conv2d({}, self.kernel, {}, [{}, {}], [{}, {}], [1, 1], {})",
      symmetric ? "x0" : padded("x0", border), options.bias ? "self.bias" : "None", options.stride,
      options.stride, symmetric ? border.top : 0, symmetric ? border.left : 0, groups);

  LayerSpec layer{name, type, {x.layer}, activated(convolution, options.activation), {}, {}};
  layer.weights.push_back(kernel_weight(std::move(kernel_shape), x.moments));
  if (options.bias) layer.weights.push_back(bias_weight(filters));
  layer.output = window_shape(filters, padded_shape(x.shape, border), kernel, options.stride);
  return add_layer(std::move(layer), activated(Moments{}, options.activation));
}

Node ModelBuilder::conv(const Node& x, int filters, int kernel, const std::string& name,
                        const ConvOptions& options) {
  return convolve(x, "Conv2D", name, kernel, {filters, x.shape[0], kernel, kernel}, 1, options);
}

Node ModelBuilder::depthwise_conv(const Node& x, int kernel, const std::string& name,
                                  const ConvOptions& options) {
  const int channels = static_cast<int>(x.shape[0]);
  return convolve(x, "DepthwiseConv2D", name, kernel, {channels, 1, kernel, kernel}, channels,
                  options);
}

Node ModelBuilder::dense(const Node& x, int units, const std::string& name, Activation activation) {
  LayerSpec layer{name, "Dense", {x.layer}, "", {}, {units}};
  layer.expression = activated("torch.linear(x0, self.kernel, self.bias)", activation);
  layer.weights = {kernel_weight({units, x.shape[0]}, x.moments), bias_weight(units)};
  return add_layer(std::move(layer), activated(Moments{}, activation));
}

Node ModelBuilder::batch_norm(const Node& x, const std::string& name, double epsilon) {
  const Shape channels = {x.shape[0]};
  const double deviation = std::sqrt(x.moments.variance);
  LayerSpec layer{name, "BatchNormalization", {x.layer}, "", {}, x.shape};
  layer.expression = fmt::format(
      "torch.batch_norm(x0, self.gamma, self.beta, self.moving_mean, self.moving_variance, "
      "False, 0.0, {:e}, True)",
      epsilon);
  layer.weights = {
      {"gamma", channels, 1, 0.1},
      {"beta", channels, 0, bias_spread},
      {"moving_mean", channels, x.moments.mean, 0.1 * deviation, false},
      {"moving_variance", channels, x.moments.variance, 0.2 * x.moments.variance, false},
  };
  return add_layer(std::move(layer), Moments{});
}

Node ModelBuilder::activation(const Node& x, Activation activation, const std::string& name) {
  return add_layer({name, "Activation", {x.layer}, activated("x0", activation), {}, x.shape},
                   activated(x.moments, activation));
}

Node ModelBuilder::relu6(const Node& x, const std::string& name) {
  return add_layer({name, "ReLU", {x.layer}, "torch.relu6(x0)", {}, x.shape}, rectified(x.moments));
}

Node ModelBuilder::add(const Node& a, const Node& b, const std::string& name) {
  return add_layer({name, "Add", {a.layer, b.layer}, "torch.add(x0, x1)", {}, a.shape},
                   sum(a.moments, b.moments));
}

Node ModelBuilder::max_pool(const Node& x, int pool, int stride, const std::string& name) {
  const std::string expression =
      fmt::format("torch.max_pool2d(x0, [{}, {}], [{}, {}])", pool, pool, stride, stride);
  return add_layer({name,
                    "MaxPooling2D",
                    {x.layer},
                    expression,
                    {},
                    window_shape(x.shape[0], x.shape, pool, stride)},
                   pooled(x.moments));
}

Node ModelBuilder::global_average_pool(const Node& x, const std::string& name) {
  return add_layer(
      {name, "GlobalAveragePooling2D", {x.layer}, "torch.mean(x0, [2, 3])", {}, {x.shape[0]}},
      x.moments);
}

Node ModelBuilder::zero_padding(const Node& x, const Border& border, const std::string& name) {
  return add_layer(
      {name, "ZeroPadding2D", {x.layer}, padded("x0", border), {}, padded_shape(x.shape, border)},
      x.moments);
}

Node ModelBuilder::flatten(const Node& x, const std::string& name) {
  return add_layer({name, "Flatten", {x.layer}, "torch.flatten(x0, 1)", {}, {elements(x.shape)}},
                   x.moments);
}

Node ModelBuilder::reshape(const Node& x, Shape shape, const std::string& name) {
  const std::string expression = fmt::format("torch.reshape(x0, [-1, {}])", fmt::join(shape, ", "));
  return add_layer({name, "Reshape", {x.layer}, expression, {}, std::move(shape)}, x.moments);
}

Node ModelBuilder::dropout(const Node& x, double rate, const std::string& name) {
  const std::string expression = fmt::format("torch.dropout(x0, {:e}, False)", rate);
  return add_layer({name, "Dropout", {x.layer}, expression, {}, x.shape}, x.moments);
}

ModelSpec ModelBuilder::finish() {
  spec_.layers = in_keras_order(std::move(spec_.layers));
  return std::move(spec_);
}

}  // namespace scission::torchscript::zoo
