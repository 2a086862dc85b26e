// Models of depthwise separable convolutions:
// - Xception (Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017),
//   after keras/applications/xception.py;
// - MobileNet (Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile
//   Vision Applications", 2017), after keras/applications/mobilenet.py, width and depth 1;
// - MobileNetV2 (Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018),
//   after keras/applications/mobilenet_v2.py, width 1.
#include <fmt/format.h>

#include <string>

#include "zoo/model_builder.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

// Xception

Node conv_bn_relu(ModelBuilder& b, Node x, int filters, int stride, const std::string& name) {
  x = b.conv(x, filters, 3, name, {.stride = stride, .bias = false});
  x = b.batch_norm(x, name + "_bn");
  return b.relu(x, name + "_act");
}

/// NAME, NAME_bn
Node separable_bn(ModelBuilder& b, Node x, int filters, const std::string& name) {
  x = b.separable_conv(x, filters, 3, name, {.padding = Padding::same, .bias = false});
  return b.batch_norm(x, name + "_bn");
}

/// Two separable convolutions and a pooling, which halves the image, beside a strided projection.
Node halving_block(ModelBuilder& b, const Node& input, int first_filters, int filters, int index,
                   bool starts_active = true) {
  const std::string block = fmt::format("block{}", index);
  Node residual =
      b.conv(input, filters, 1, unnamed, {.stride = 2, .padding = Padding::same, .bias = false});
  residual = b.batch_norm(residual);

  Node x = starts_active ? b.relu(input, block + "_sepconv1_act") : input;
  x = separable_bn(b, x, first_filters, block + "_sepconv1");
  x = b.relu(x, block + "_sepconv2_act");
  x = separable_bn(b, x, filters, block + "_sepconv2");
  x = b.max_pool(x, 3, 2, block + "_pool", Padding::same);
  return b.add(x, residual);
}

/// Three separable convolutions beside the identity.
Node middle_block(ModelBuilder& b, const Node& input, int index) {
  Node x = input;
  for (int i = 1; i <= 3; ++i) {
    const std::string name = fmt::format("block{}_sepconv{}", index, i);
    x = b.relu(x, name + "_act");
    x = separable_bn(b, x, 728, name);
  }
  return b.add(x, input);
}

// MobileNet

Node bn_relu6(ModelBuilder& b, Node x, const std::string& name) {
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
  x = bn_relu6(b, x, depthwise);
  x = b.conv(x, filters, 1, pointwise, {.padding = Padding::same, .bias = false});
  return bn_relu6(b, x, pointwise);
}

// MobileNetV2

constexpr int expansion = 6;

/// A 1×1 convolution without bias: NAME, NAME_BN.
Node pointwise_bn(ModelBuilder& b, Node x, int filters, const std::string& name) {
  x = b.conv(x, filters, 1, name, {.padding = Padding::same, .bias = false});
  return b.batch_norm(x, name + "_BN");
}

Node depthwise(ModelBuilder& b, Node x, int stride, const std::string& prefix) {
  const bool padded = stride != 1;
  if (padded) x = b.zero_padding(x, strided_border(x.shape, 3), prefix + "pad");
  x = b.depthwise_conv(
      x, 3, prefix + "depthwise",
      {.stride = stride, .padding = padded ? Padding::valid : Padding::same, .bias = false});
  x = b.batch_norm(x, prefix + "depthwise_BN");
  return b.relu6(x, prefix + "depthwise_relu");
}

/// Widens, filters each channel, narrows; adds its input where it has the output's shape.
Node inverted_residual(ModelBuilder& b, const Node& input, int filters, int stride, int index) {
  const std::string prefix = index == 0 ? "expanded_conv_" : fmt::format("block_{}_", index);
  const int channels = static_cast<int>(input.shape[0]);
  Node x = input;
  if (index > 0) {
    x = pointwise_bn(b, x, expansion * channels, prefix + "expand");
    x = b.relu6(x, prefix + "expand_relu");
  }
  x = depthwise(b, x, stride, prefix);
  x = pointwise_bn(b, x, filters, prefix + "project");
  return channels == filters && stride == 1 ? b.add(input, x, prefix + "add") : x;
}

struct Stage {
  int filters;
  int stride;  ///< of the first block
  int blocks;
};

}  // namespace

ModelSpec xception() {
  ModelBuilder b("xception", {3, 299, 299}, Preprocessing::tf);
  Node x = conv_bn_relu(b, b.input(), 32, 2, "block1_conv1");
  x = conv_bn_relu(b, x, 64, 1, "block1_conv2");

  x = halving_block(b, x, 128, 128, 2, false);
  x = halving_block(b, x, 256, 256, 3);
  x = halving_block(b, x, 728, 728, 4);
  for (int index = 5; index <= 12; ++index) x = middle_block(b, x, index);
  x = halving_block(b, x, 728, 1024, 13);

  x = b.relu(separable_bn(b, x, 1536, "block14_sepconv1"), "block14_sepconv1_act");
  x = b.relu(separable_bn(b, x, 2048, "block14_sepconv2"), "block14_sepconv2_act");
  return b.finish_classifier(x, "avg_pool");
}

ModelSpec mobilenet() {
  ModelBuilder b("mobilenet", {3, 224, 224}, Preprocessing::tf);
  Node x =
      b.conv(b.input(), 32, 3, "conv1", {.stride = 2, .padding = Padding::same, .bias = false});
  x = bn_relu6(b, x, "conv1");

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

ModelSpec mobilenetv2() {
  ModelBuilder b("mobilenetv2", {3, 224, 224}, Preprocessing::tf);
  Node x =
      b.conv(b.input(), 32, 3, "Conv1", {.stride = 2, .padding = Padding::same, .bias = false});
  x = b.batch_norm(x, "bn_Conv1");
  x = b.relu6(x, "Conv1_relu");

  int index = 0;
  for (const auto [filters, stride, blocks] :
       {Stage{16, 1, 1}, Stage{24, 2, 2}, Stage{32, 2, 3}, Stage{64, 2, 4}, Stage{96, 1, 3},
        Stage{160, 2, 3}, Stage{320, 1, 1}}) {
    for (int i = 0; i < blocks; ++i) {
      x = inverted_residual(b, x, filters, i == 0 ? stride : 1, index++);
    }
  }

  x = b.conv(x, 1280, 1, "Conv_1", {.bias = false});
  x = b.batch_norm(x, "Conv_1_bn");
  x = b.relu6(x, "out_relu");
  return b.finish_classifier(x);
}

}  // namespace scission::zoo
