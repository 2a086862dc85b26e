// Xception (Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", 2017), after
// keras/applications/xception.py.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

Node relu(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.activation(x, Activation::relu, name + "_act");
}

Node conv_bn_relu(ModelBuilder& b, Node x, int filters, int stride, const std::string& name) {
  x = b.conv(x, filters, 3, name, {.stride = stride, .bias = false});
  x = b.batch_norm(x, name + "_bn");
  return relu(b, x, name);
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

  Node x = starts_active ? relu(b, input, block + "_sepconv1") : input;
  x = separable_bn(b, x, first_filters, block + "_sepconv1");
  x = relu(b, x, block + "_sepconv2");
  x = separable_bn(b, x, filters, block + "_sepconv2");
  x = b.max_pool(x, 3, 2, block + "_pool", Padding::same);
  return b.add(x, residual);
}

/// Three separable convolutions beside the identity.
Node middle_block(ModelBuilder& b, const Node& input, int index) {
  Node x = input;
  for (int i = 1; i <= 3; ++i) {
    const std::string name = fmt::format("block{}_sepconv{}", index, i);
    x = relu(b, x, name);
    x = separable_bn(b, x, 728, name);
  }
  return b.add(x, input);
}

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

  x = relu(b, separable_bn(b, x, 1536, "block14_sepconv1"), "block14_sepconv1");
  x = relu(b, separable_bn(b, x, 2048, "block14_sepconv2"), "block14_sepconv2");
  x = b.global_average_pool(x, "avg_pool");
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace scission::torchscript::zoo
