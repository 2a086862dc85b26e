#include "torchscript/zoo/inception_branch.hpp"

namespace scission::torchscript::zoo {

Node inception_branch(ModelBuilder& b, Node x, const std::vector<InceptionConv>& convolutions) {
  for (const auto& [filters, kernel, stride, padding] : convolutions) {
    x = b.conv(x, filters, kernel, unnamed, {.stride = stride, .padding = padding, .bias = false});
    x = b.batch_norm(x, unnamed, {.scale = false});
    x = b.activation(x, Activation::relu);
  }
  return x;
}

Node inception_pool_branch(ModelBuilder& b, const Node& x, int filters) {
  return inception_branch(b, b.average_pool(x, 3, 1, unnamed, Padding::same), {{filters, 1}});
}

}  // namespace scission::torchscript::zoo
