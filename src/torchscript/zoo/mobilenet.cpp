// MobileNet (Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile
// Vision Applications", 2017), after keras/applications/mobilenet.py, width and depth 1.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

Node bn_relu(ModelBuilder& b, Node x, const std::string& name) {
  x = b.batch_norm(x, name + "_bn");
  return b.relu6(x, name + "_relu");
}

/// A 3×3 convolution of each channel, then a 1×1 convolution across them.
Node separable(ModelBuilder& b, Node x, int filters, int stride, int index) {
  const std::string depthwise = fmt::format("conv_dw_{}", index);
  const std::string pointwise = fmt::format("conv_pw_{}", index);
  const bool padded = stride != 1;
  if (padded) {
    x = b.zero_padding(x, {.bottom = 1, .right = 1}, fmt::format("conv_pad_{}", index));
  }
  x = b.depthwise_conv(
      x, 3, depthwise,
      {.stride = stride, .padding = padded ? Padding::valid : Padding::same, .bias = false});
  x = bn_relu(b, x, depthwise);
  x = b.conv(x, filters, 1, pointwise, {.padding = Padding::same, .bias = false});
  return bn_relu(b, x, pointwise);
}

}  // namespace

ModelSpec mobilenet() {
  ModelBuilder b("mobilenet", {3, 224, 224}, Preprocessing::tf);
  Node x =
      b.conv(b.input(), 32, 3, "conv1", {.stride = 2, .padding = Padding::same, .bias = false});
  x = bn_relu(b, x, "conv1");

  x = separable(b, x, 64, 1, 1);
  x = separable(b, x, 128, 2, 2);
  x = separable(b, x, 128, 1, 3);
  x = separable(b, x, 256, 2, 4);
  x = separable(b, x, 256, 1, 5);
  x = separable(b, x, 512, 2, 6);
  for (int index = 7; index <= 11; ++index) x = separable(b, x, 512, 1, index);
  x = separable(b, x, 1024, 2, 12);
  x = separable(b, x, 1024, 1, 13);

  x = b.global_average_pool(x, "global_average_pooling2d");
  x = b.reshape(x, {1024, 1, 1}, "reshape_1");
  x = b.dropout(x, 1e-3, "dropout");
  x = b.conv(x, 1000, 1, "conv_preds", {.padding = Padding::same});
  x = b.reshape(x, {1000}, "reshape_2");
  b.activation(x, Activation::softmax, "predictions");
  return b.finish();
}

}  // namespace scission::torchscript::zoo
