// DenseNet (Huang et al., "Densely Connected Convolutional Networks", 2017), after
// keras/applications/densenet.py.
#include <fmt/format.h>

#include <array>
#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

constexpr int growth = 32;

Node bn_relu(ModelBuilder& b, Node x, const std::string& bn, const std::string& relu) {
  x = b.batch_norm(x, bn, {.epsilon = 1.001e-5});
  return b.relu(x, relu);
}

/// Puts `growth` new channels behind the ones there are.
Node dense_layer(ModelBuilder& b, const Node& input, const std::string& name) {
  Node x = bn_relu(b, input, name + "_0_bn", name + "_0_relu");
  x = b.conv(x, 4 * growth, 1, name + "_1_conv", {.bias = false});
  x = bn_relu(b, x, name + "_1_bn", name + "_1_relu");
  x = b.conv(x, growth, 3, name + "_2_conv", {.padding = Padding::same, .bias = false});
  return b.concatenate({input, x}, name + "_concat");
}

Node dense_block(ModelBuilder& b, Node x, int layers, const std::string& name) {
  for (int i = 1; i <= layers; ++i) x = dense_layer(b, x, fmt::format("{}_block{}", name, i));
  return x;
}

/// Halves channels, rows and columns.
Node transition(ModelBuilder& b, Node x, const std::string& name) {
  x = bn_relu(b, x, name + "_bn", name + "_relu");
  x = b.conv(x, static_cast<int>(x.shape[0] / 2), 1, name + "_conv", {.bias = false});
  return b.average_pool(x, 2, 2, name + "_pool");
}

}  // namespace

ModelSpec densenet(const std::string& model, const std::array<int, 4>& layers) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::torch);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3});
  x = b.conv(x, 64, 7, "conv1_conv", {.stride = 2, .bias = false});
  x = bn_relu(b, x, "conv1_bn", "conv1_relu");
  x = b.zero_padding(x, {1, 1, 1, 1});
  x = b.max_pool(x, 3, 2, "pool1");

  x = dense_block(b, x, layers[0], "conv2");
  x = transition(b, x, "pool2");
  x = dense_block(b, x, layers[1], "conv3");
  x = transition(b, x, "pool3");
  x = dense_block(b, x, layers[2], "conv4");
  x = transition(b, x, "pool4");
  x = dense_block(b, x, layers[3], "conv5");

  x = bn_relu(b, x, "bn", "relu");
  return b.finish_classifier(x, "avg_pool");
}

}  // namespace scission::torchscript::zoo
