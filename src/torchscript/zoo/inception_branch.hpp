// What Inception networks are made of: a row of normalised convolutions.
#pragma once

#include <vector>

#include "torchscript/zoo/model_builder.hpp"

namespace scission::torchscript::zoo {

/// A convolution without bias, a normalisation without scale, a rectifier.
struct InceptionConv {
  int filters;
  Size kernel;
  int stride = 1;
  Padding padding = Padding::same;
};

/// One after the other, all unnamed.
Node inception_branch(ModelBuilder& b, Node x, const std::vector<InceptionConv>& convolutions);

/// An average over 3×3, then a 1×1 convolution.
Node inception_pool_branch(ModelBuilder& b, const Node& x, int filters);

}  // namespace scission::torchscript::zoo
