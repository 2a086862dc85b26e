// Models whose blocks have shortcuts:
// - ResNet (He et al., "Deep Residual Learning for Image Recognition", 2016) and ResNet V2, which
//   normalises before it convolves (He et al., "Identity Mappings in Deep Residual Networks",
//   2016), after keras/applications/resnet.py and resnet_v2.py;
// - DenseNet (Huang et al., "Densely Connected Convolutional Networks", 2017), after
//   keras/applications/densenet.py.
#include <fmt/format.h>

#include <string>

#include "zoo/model_builder.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

constexpr NormOptions norm_options{.epsilon = 1.001e-5};

/// A convolution and its normalisation: NAME_conv, NAME_bn.
Node conv_bn(ModelBuilder& b, Node x, int filters, int kernel, const std::string& name,
             const ConvOptions& options = {}) {
  x = b.conv(x, filters, kernel, name + "_conv", options);
  return b.batch_norm(x, name + "_bn", norm_options);
}

Node bn_relu(ModelBuilder& b, Node x, const std::string& name) {
  x = b.batch_norm(x, name + "_bn", norm_options);
  return b.relu(x, name + "_relu");
}

/// 1×1, 3×3, 1×1 beside a shortcut, which is a convolution where `projects`.
Node bottleneck(ModelBuilder& b, const Node& input, int filters, int stride, bool projects,
                const std::string& name) {
  const ConvOptions strided{.stride = stride};
  const Node shortcut = projects ? conv_bn(b, input, 4 * filters, 1, name + "_0", strided) : input;

  Node x = conv_bn(b, input, filters, 1, name + "_1", strided);
  x = b.relu(x, name + "_1_relu");
  x = conv_bn(b, x, filters, 3, name + "_2", {.padding = Padding::same});
  x = b.relu(x, name + "_2_relu");
  x = conv_bn(b, x, 4 * filters, 1, name + "_3");
  x = b.add(shortcut, x, name + "_add");
  return b.relu(x, name + "_out");
}

/// What the block's output is added to: of the right depth and size.
Node shortcut_v2(ModelBuilder& b, const Node& input, const Node& active, int filters, int stride,
                 bool projects, const std::string& name) {
  if (projects) return b.conv(active, 4 * filters, 1, name + "_0_conv", {.stride = stride});
  return stride > 1 ? b.max_pool(input, 1, stride) : input;
}

Node bottleneck_v2(ModelBuilder& b, const Node& input, int filters, int stride, bool projects,
                   const std::string& name) {
  const Node active = bn_relu(b, input, name + "_preact");
  const Node shortcut = shortcut_v2(b, input, active, filters, stride, projects, name);

  Node x = b.conv(active, filters, 1, name + "_1_conv", {.bias = false});
  x = bn_relu(b, x, name + "_1");
  x = b.zero_padding(x, {1, 1, 1, 1}, name + "_2_pad");
  x = b.conv(x, filters, 3, name + "_2_conv", {.stride = stride, .bias = false});
  x = bn_relu(b, x, name + "_2");
  x = b.conv(x, 4 * filters, 1, name + "_3_conv");
  return b.add(shortcut, x, name + "_out");
}

struct Stack {
  int filters;
  int blocks;
  int stride;
};

/// The first block projects. The one that strides is the first one in ResNet, the last one in V2.
Node stack(ModelBuilder& b, Node x, const Stack& stack, bool is_v2, const std::string& name) {
  for (int i = 1; i <= stack.blocks; ++i) {
    const int stride = i == (is_v2 ? stack.blocks : 1) ? stack.stride : 1;
    x = (is_v2 ? bottleneck_v2 : bottleneck)(b, x, stack.filters, stride, i == 1,
                                             fmt::format("{}_block{}", name, i));
  }
  return x;
}

// DenseNet

constexpr int growth = 32;

/// Puts `growth` new channels behind the ones there are.
Node dense_layer(ModelBuilder& b, const Node& input, const std::string& name) {
  Node x = bn_relu(b, input, name + "_0");
  x = b.conv(x, 4 * growth, 1, name + "_1_conv", {.bias = false});
  x = bn_relu(b, x, name + "_1");
  x = b.conv(x, growth, 3, name + "_2_conv", {.padding = Padding::same, .bias = false});
  return b.concatenate({input, x}, name + "_concat");
}

Node dense_block(ModelBuilder& b, Node x, int layers, const std::string& name) {
  for (int i = 1; i <= layers; ++i) x = dense_layer(b, x, fmt::format("{}_block{}", name, i));
  return x;
}

/// Halves channels, rows and columns.
Node transition(ModelBuilder& b, Node x, const std::string& name) {
  x = bn_relu(b, x, name);
  x = b.conv(x, static_cast<int>(x.shape[0] / 2), 1, name + "_conv", {.bias = false});
  return b.average_pool(x, 2, 2, name + "_pool");
}

}  // namespace

ModelSpec resnet(const std::string& model, int depth3, int depth4) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::caffe);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3}, "conv1_pad");
  x = conv_bn(b, x, 64, 7, "conv1", {.stride = 2});
  x = b.relu(x, "conv1_relu");
  x = b.zero_padding(x, {1, 1, 1, 1}, "pool1_pad");
  x = b.max_pool(x, 3, 2, "pool1_pool");

  x = stack(b, x, {64, 3, 1}, false, "conv2");
  x = stack(b, x, {128, depth3, 2}, false, "conv3");
  x = stack(b, x, {256, depth4, 2}, false, "conv4");
  x = stack(b, x, {512, 3, 2}, false, "conv5");
  return b.finish_classifier(x, "avg_pool");
}

ModelSpec resnet_v2(const std::string& model, int depth3, int depth4) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::tf);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3}, "conv1_pad");
  x = b.conv(x, 64, 7, "conv1_conv", {.stride = 2});
  x = b.zero_padding(x, {1, 1, 1, 1}, "pool1_pad");
  x = b.max_pool(x, 3, 2, "pool1_pool");

  x = stack(b, x, {64, 3, 2}, true, "conv2");
  x = stack(b, x, {128, depth3, 2}, true, "conv3");
  x = stack(b, x, {256, depth4, 2}, true, "conv4");
  x = stack(b, x, {512, 3, 1}, true, "conv5");
  return b.finish_classifier(bn_relu(b, x, "post"), "avg_pool");
}

ModelSpec densenet(const std::string& model, int depth3, int depth4) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::torch);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3});
  x = b.conv(x, 64, 7, "conv1_conv", {.stride = 2, .bias = false});
  x = bn_relu(b, x, "conv1");
  x = b.zero_padding(x, {1, 1, 1, 1});
  x = b.max_pool(x, 3, 2, "pool1");

  x = dense_block(b, x, 6, "conv2");
  x = transition(b, x, "pool2");
  x = dense_block(b, x, 12, "conv3");
  x = transition(b, x, "pool3");
  x = dense_block(b, x, depth3, "conv4");
  x = transition(b, x, "pool4");
  x = dense_block(b, x, depth4, "conv5");

  x = b.batch_norm(x, "bn", norm_options);
  return b.finish_classifier(b.relu(x, "relu"), "avg_pool");
}

}  // namespace scission::zoo
