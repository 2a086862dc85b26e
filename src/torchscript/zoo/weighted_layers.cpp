// The layers of ModelBuilder that have weights.
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "torchscript/zoo/model_builder.hpp"

namespace scission::torchscript::zoo {
namespace {

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
  const std::string input = symmetric
                                ? "x0"
                                : fmt::format("torch.constant_pad_nd(x0, [{}, {}, {}, {}])",
                                              border.left, border.right, border.top, border.bottom);
  return fmt::format("torch.conv2d({}, self.{}, {}, [{}, {}], [{}, {}], [1, 1], {})", input, kernel,
                     bias, stride, stride, symmetric ? border.top : 0, symmetric ? border.left : 0,
                     groups);
}

Size size_of(const Shape& kernel) {
  return {static_cast<int>(kernel[2]), static_cast<int>(kernel[3])};
}

}  // namespace

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

}  // namespace scission::torchscript::zoo
