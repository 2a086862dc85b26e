// ResNet V2, which normalises before it convolves (He et al., "Identity Mappings in Deep Residual
// Networks", 2016), after keras/applications/resnet.py and resnet_v2.py.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

Node bn_relu(ModelBuilder& b, Node x, const std::string& name) {
  x = b.batch_norm(x, name + "_bn", {.epsilon = 1.001e-5});
  return b.activation(x, Activation::relu, name + "_relu");
}

/// What the block's output is added to: of the right depth and size.
Node shortcut_of(ModelBuilder& b, const Node& input, const Node& active, int filters, int stride,
                 bool projects, const std::string& name) {
  if (projects) return b.conv(active, 4 * filters, 1, name + "_0_conv", {.stride = stride});
  return stride > 1 ? b.max_pool(input, 1, stride) : input;
}

Node bottleneck(ModelBuilder& b, const Node& input, int filters, int stride, bool projects,
                const std::string& name) {
  const Node active = bn_relu(b, input, name + "_preact");
  const Node shortcut = shortcut_of(b, input, active, filters, stride, projects, name);

  Node x = b.conv(active, filters, 1, name + "_1_conv", {.bias = false});
  x = bn_relu(b, x, name + "_1");
  x = b.zero_padding(x, {1, 1, 1, 1}, name + "_2_pad");
  x = b.conv(x, filters, 3, name + "_2_conv", {.stride = stride, .bias = false});
  x = bn_relu(b, x, name + "_2");
  x = b.conv(x, 4 * filters, 1, name + "_3_conv");
  return b.add(shortcut, x, name + "_out");
}

/// The first block projects, the last one strides.
Node stack(ModelBuilder& b, Node x, int filters, int blocks, int stride, const std::string& name) {
  for (int i = 1; i <= blocks; ++i) {
    x = bottleneck(b, x, filters, i == blocks ? stride : 1, i == 1,
                   fmt::format("{}_block{}", name, i));
  }
  return x;
}

/// `depth3`, `depth4`: blocks in the third and fourth stack.
ModelSpec resnet_v2(const std::string& model, int depth3, int depth4) {
  ModelBuilder b(model, {3, 224, 224}, Preprocessing::tf);
  Node x = b.zero_padding(b.input(), {3, 3, 3, 3}, "conv1_pad");
  x = b.conv(x, 64, 7, "conv1_conv", {.stride = 2});
  x = b.zero_padding(x, {1, 1, 1, 1}, "pool1_pad");
  x = b.max_pool(x, 3, 2, "pool1_pool");

  x = stack(b, x, 64, 3, 2, "conv2");
  x = stack(b, x, 128, depth3, 2, "conv3");
  x = stack(b, x, 256, depth4, 2, "conv4");
  x = stack(b, x, 512, 3, 1, "conv5");

  x = bn_relu(b, x, "post");
  x = b.global_average_pool(x, "avg_pool");
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace

ModelSpec resnet50v2() { return resnet_v2("resnet50v2", 4, 6); }
ModelSpec resnet101v2() { return resnet_v2("resnet101v2", 4, 23); }
ModelSpec resnet152v2() { return resnet_v2("resnet152v2", 8, 36); }

}  // namespace scission::torchscript::zoo
