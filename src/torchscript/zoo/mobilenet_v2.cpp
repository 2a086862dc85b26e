// MobileNetV2 (Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", 2018),
// after keras/applications/mobilenet_v2.py, width 1.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

constexpr int expansion = 6;

/// A 1×1 convolution without bias: NAME, NAME_BN.
Node pointwise(ModelBuilder& b, Node x, int filters, const std::string& name) {
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
    x = pointwise(b, x, expansion * channels, prefix + "expand");
    x = b.relu6(x, prefix + "expand_relu");
  }
  x = depthwise(b, x, stride, prefix);
  x = pointwise(b, x, filters, prefix + "project");
  return channels == filters && stride == 1 ? b.add(input, x, prefix + "add") : x;
}

struct Stage {
  int filters;
  int stride;  ///< of the first block
  int blocks;
};

}  // namespace

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
  x = b.global_average_pool(x);
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace scission::torchscript::zoo
