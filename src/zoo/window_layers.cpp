// The layers of ModelBuilder that pad, slide a window or have weights.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "zoo/model_builder.hpp"

namespace scission::zoo {
namespace {

std::string padded(const std::string& expression, const Border& border) {
  return fmt::format("torch.constant_pad_nd({}, [{}, {}, {}, {}])", expression, border.left,
                     border.right, border.top, border.bottom);
}

constexpr double bias_spread = 0.1;

/// Scaled so that the layer's output has a variance of about 1 (He et al., "Delving Deep into
/// Rectifiers", 2015, with the measured mean square in the place of one half).
WeightSpec kernel_weight(const std::string& name, Shape shape, const Moments& input) {
  const double fan_in = static_cast<double>(elements(shape)) / static_cast<double>(shape[0]);
  const double spread = std::sqrt(3 / (fan_in * input.mean_square()));
  return {name, std::move(shape), 0, spread};
}

WeightSpec bias_weight(std::int64_t size) { return {"bias", {size}, 0, bias_spread}; }

std::string bias_of(const ConvOptions& options) { return options.bias ? "self.bias" : "None"; }

/// TorchScript of sliding self.`kernel` over x0 with its border.
std::string convolution(const std::string& kernel, const std::string& bias, int stride,
                        const Border& border, int groups) {
  const bool symmetric = border.is_symmetric();
  const std::string input = symmetric ? "x0" : padded("x0", border);
  return fmt::format("torch.conv2d({}, self.{}, {}, [{}, {}], [{}, {}], [1, 1], {})", input, kernel,
                     bias, stride, stride, symmetric ? border.top : 0, symmetric ? border.left : 0,
                     groups);
}

Size size_of(const Shape& kernel) {
  return {static_cast<int>(kernel[2]), static_cast<int>(kernel[3])};
}

/// Whether the last windows end where the image with its border does.
bool fits(const Shape& padded, int side, int stride) {
  return (padded[1] - side) % stride == 0 && (padded[2] - side) % stride == 0;
}

/// TorchScript of pooling x0. Padding never counts in an average.
std::string pooling(const std::string& function, int side, int stride, const Border& border,
                    bool ceil_mode) {
  return fmt::format("torch.{}(x0, [{}, {}], [{}, {}], [{}, {}], {}{}{})", function, side, side,
                     stride, stride, border.top, border.left,
                     function == "max_pool2d" ? "[1, 1], " : "", ceil_mode ? "True" : "False",
                     function == "avg_pool2d" ? ", False" : "");
}

}  // namespace

Border border_of(Padding padding, const Shape& image, Size window, int stride) {
  if (padding == Padding::valid) return {};
  const auto missing = [stride](std::int64_t size, int side) {
    const std::int64_t outputs = (size + stride - 1) / stride;
    return static_cast<int>(std::max<std::int64_t>(0, (outputs - 1) * stride + side - size));
  };
  const int rows = missing(image[1], window.height);
  const int columns = missing(image[2], window.width);
  return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

Border strided_border(const Shape& image, int window) {
  const int half = window / 2;
  const int top = image[1] % 2 == 0 ? half - 1 : half;
  const int left = image[2] % 2 == 0 ? half - 1 : half;
  return {top, half, left, half};
}

Shape padded_shape(const Shape& image, const Border& border) {
  return {image[0], image[1] + border.top + border.bottom, image[2] + border.left + border.right};
}

Shape window_shape(std::int64_t channels, const Shape& image, Size window, int stride,
                   const Border& border) {
  const Shape padded = padded_shape(image, border);
  return {channels, (padded[1] - window.height) / stride + 1,
          (padded[2] - window.width) / stride + 1};
}

Node ModelBuilder::zero_padding(const Node& x, const Border& border, const std::string& name) {
  return add_layer(
      {name, "ZeroPadding2D", {x.layer}, padded("x0", border), padded_shape(x.shape, border)},
      x.moments);
}

// Not a slice: that would be a view, while Keras' layer has separate memory.
Node ModelBuilder::cropping(const Node& x, const Border& border, const std::string& name) {
  const Border taken{-border.top, -border.bottom, -border.left, -border.right};
  return add_layer(
      {name, "Cropping2D", {x.layer}, padded("x0", taken), padded_shape(x.shape, taken)},
      x.moments);
}

/// `kernel` is filters × channels of a group × height × width.
Node ModelBuilder::convolve(const Node& x, const std::string& type, const std::string& name,
                            const Shape& kernel, int groups, const ConvOptions& options) {
  const Size size = size_of(kernel);
  const Border border = border_of(options.padding, x.shape, size, options.stride);
  LayerSpec layer{name, type, {x.layer}, "", {}};
  layer.output = window_shape(kernel[0], x.shape, size, options.stride, border);
  layer.expression = activated(
      convolution("kernel", bias_of(options), options.stride, border, groups), options.activation);
  layer.weights.push_back(kernel_weight("kernel", kernel, x.moments));
  if (options.bias) layer.weights.push_back(bias_weight(kernel[0]));
  layer.flops = 2 * elements(kernel) * layer.output[1] * layer.output[2];
  return add_layer(std::move(layer), activated(Moments{}, options.activation));
}

Node ModelBuilder::conv(const Node& x, int filters, Size kernel, const std::string& name,
                        const ConvOptions& options) {
  return convolve(x, "Conv2D", name, {filters, x.shape[0], kernel.height, kernel.width}, 1,
                  options);
}

Node ModelBuilder::depthwise_conv(const Node& x, Size kernel, const std::string& name,
                                  const ConvOptions& options) {
  const int channels = static_cast<int>(x.shape[0]);
  return convolve(x, "DepthwiseConv2D", name, {channels, 1, kernel.height, kernel.width}, channels,
                  options);
}

Node ModelBuilder::separable_conv(const Node& x, int filters, Size kernel, const std::string& name,
                                  const ConvOptions& options) {
  const int channels = static_cast<int>(x.shape[0]);
  const Border border = border_of(options.padding, x.shape, kernel, options.stride);
  LayerSpec layer{name, "SeparableConv2D", {x.layer}, "", {}};
  layer.output = window_shape(filters, x.shape, kernel, options.stride, border);
  const std::string depthwise =
      convolution("depthwise_kernel", "None", options.stride, border, channels);
  layer.expression = activated(
      fmt::format("torch.conv2d({}, self.pointwise_kernel, {})", depthwise, bias_of(options)),
      options.activation);
  layer.weights = {
      kernel_weight("depthwise_kernel", {channels, 1, kernel.height, kernel.width}, x.moments),
      kernel_weight("pointwise_kernel", {filters, channels, 1, 1}, Moments{})};
  if (options.bias) layer.weights.push_back(bias_weight(filters));
  // As published: the depthwise part is taken to have as many channels as come out.
  layer.flops = 2 * elements(layer.output) * (kernel.height * kernel.width + channels);
  return add_layer(std::move(layer), activated(Moments{}, options.activation));
}

Node ModelBuilder::dense(const Node& x, int units, const std::string& name, Activation activation) {
  LayerSpec layer{name, "Dense", {x.layer}, "", {units}};
  layer.expression = activated("torch.linear(x0, self.kernel, self.bias)", activation);
  layer.weights = {kernel_weight("kernel", {units, x.shape[0]}, x.moments), bias_weight(units)};
  layer.flops = 2 * x.shape[0] * units;
  return add_layer(std::move(layer), activated(Moments{}, activation));
}

Node ModelBuilder::batch_norm(const Node& x, const std::string& name, const NormOptions& options) {
  const Shape channels = {x.shape[0]};
  const double deviation = std::sqrt(x.moments.variance);
  LayerSpec layer{name, "BatchNormalization", {x.layer}, "", x.shape};
  layer.expression = fmt::format(
      "torch.batch_norm(x0, {}, self.beta, self.moving_mean, self.moving_variance, "
      "False, 0.0, {:e}, True)",
      options.scale ? "self.gamma" : "None", options.epsilon);
  if (options.scale) layer.weights.push_back({"gamma", channels, 1, 0.1});
  layer.weights.push_back({"beta", channels, 0, bias_spread});
  layer.weights.push_back({"moving_mean", channels, x.moments.mean, 0.1 * deviation, false});
  layer.weights.push_back(
      {"moving_variance", channels, x.moments.variance, 0.2 * x.moments.variance, false});
  layer.flops = 4 * elements(x.shape);
  return add_layer(std::move(layer), Moments{});
}

// Keras' odd row of padding comes last. TorchScript pads both ends alike, but with ceil_mode a
// last window may reach beyond the image, which is the same.
Node ModelBuilder::pool(const Node& x, LayerSpec layer, const std::string& function, int side,
                        int stride, Padding padding, const Moments& moments) {
  const Border border = border_of(padding, x.shape, side, stride);
  if (stride == 1 && !border.is_symmetric()) {
    throw std::logic_error(layer.name + ": an even window cannot be padded at stride 1");
  }
  layer.output = window_shape(x.shape[0], x.shape, side, stride, border);
  const bool reaches_out = padding == Padding::same;
  std::vector<std::string> expressions = {pooling(function, side, stride, border, reaches_out)};
  if (border.is_symmetric() && fits(padded_shape(x.shape, border), side, stride)) {
    expressions.push_back(pooling(function, side, stride, border, !reaches_out));
  }
  layer.expression = distinct(x, expressions);
  layer.flops = std::int64_t{side} * side * elements(layer.output);
  return add_layer(std::move(layer), moments);
}

Node ModelBuilder::max_pool(const Node& x, int side, int stride, const std::string& name,
                            Padding padding) {
  const Moments moments = side == 1 ? x.moments : pooled(x.moments);
  return pool(x, {name, "MaxPooling2D", {x.layer}, "", {}}, "max_pool2d", side, stride, padding,
              moments);
}

Node ModelBuilder::average_pool(const Node& x, int side, int stride, const std::string& name,
                                Padding padding) {
  return pool(x, {name, "AveragePooling2D", {x.layer}, "", {}}, "avg_pool2d", side, stride, padding,
              x.moments);
}

Node ModelBuilder::global_average_pool(const Node& x, const std::string& name) {
  LayerSpec layer{
      name, "GlobalAveragePooling2D", {x.layer}, "torch.mean(x0, [2, 3])", {x.shape[0]}};
  layer.flops = x.shape[1] * x.shape[2];
  return add_layer(std::move(layer), x.moments);
}

}  // namespace scission::zoo
