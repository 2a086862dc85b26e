// The layers of ModelBuilder that pool.
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "torchscript/zoo/model_builder.hpp"

namespace scission::torchscript::zoo {
namespace {

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

}  // namespace scission::torchscript::zoo
