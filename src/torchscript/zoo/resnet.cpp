// ResNet (He et al., "Deep Residual Learning for Image Recognition", 2016), after
// keras/applications/resnet.py.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

/// A convolution and its normalisation: NAME_conv, NAME_bn.
Node conv_bn(ModelBuilder& b, Node x, int filters, int kernel, const std::string& name,
             const ConvOptions& options = {}) {
  x = b.conv(x, filters, kernel, name + "_conv", options);
  return b.batch_norm(x, name + "_bn", {.epsilon = 1.001e-5});
}

Node relu(ModelBuilder& b, const Node& x, const std::string& name) {
  return b.activation(x, Activation::relu, name);
}

/// 1×1, 3×3, 1×1 beside a shortcut, which is a convolution where `projects`.
Node bottleneck(ModelBuilder& b, const Node& input, int filters, int stride, bool projects,
                const std::string& name) {
  const ConvOptions strided{.stride = stride};
  const Node shortcut = projects ? conv_bn(b, input, 4 * filters, 1, name + "_0", strided) : input;

  Node x = conv_bn(b, input, filters, 1, name + "_1", strided);
  x = relu(b, x, name + "_1_relu");
  x = conv_bn(b, x, filters, 3, name + "_2", {.padding = Padding::same});
  x = relu(b, x, name + "_2_relu");
  x = conv_bn(b, x, 4 * filters, 1, name + "_3");
  x = b.add(shortcut, x, name + "_add");
  return relu(b, x, name + "_out");
}

Node stack(ModelBuilder& b, Node x, int filters, int blocks, int stride, const std::string& name) {
  for (int i = 1; i <= blocks; ++i) {
    const bool first = i == 1;
    x = bottleneck(b, x, filters, first ? stride : 1, first, fmt::format("{}_block{}", name, i));
  }
  return x;
}

/// `depth3`, `depth4`: blocks in the third and fourth stack.
ModelSpec resnet(const std::string& model, int depth3, int depth4) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::caffe);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3}, "conv1_pad");
  x = conv_bn(b, x, 64, 7, "conv1", {.stride = 2});
  x = relu(b, x, "conv1_relu");
  x = b.zero_padding(x, {1, 1, 1, 1}, "pool1_pad");
  x = b.max_pool(x, 3, 2, "pool1_pool");

  x = stack(b, x, 64, 3, 1, "conv2");
  x = stack(b, x, 128, depth3, 2, "conv3");
  x = stack(b, x, 256, depth4, 2, "conv4");
  x = stack(b, x, 512, 3, 2, "conv5");

  x = b.global_average_pool(x, "avg_pool");
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace

ModelSpec resnet50() { return resnet("resnet50", 4, 6); }
ModelSpec resnet101() { return resnet("resnet101", 4, 23); }
ModelSpec resnet152() { return resnet("resnet152", 8, 36); }

}  // namespace scission::torchscript::zoo
