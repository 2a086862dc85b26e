// VGG (Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
// Recognition", 2015), after keras/applications/vgg16.py and vgg19.py.
#include <fmt/format.h>

#include <string>

#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {
namespace {

/// `depth` convolutions, then the image is halved.
Node block(ModelBuilder& b, Node x, int index, int filters, int depth) {
  const ConvOptions options{.padding = Padding::same, .activation = Activation::relu};
  for (int i = 1; i <= depth; ++i) {
    x = b.conv(x, filters, 3, fmt::format("block{}_conv{}", index, i), options);
  }
  return b.max_pool(x, 2, 2, fmt::format("block{}_pool", index));
}

/// `depth`: of the three wide blocks.
ModelSpec vgg(const std::string& name, int depth) {
  ModelBuilder b(name, {3, 224, 224}, Preprocessing::caffe);
  Node x = b.input();
  x = block(b, x, 1, 64, 2);
  x = block(b, x, 2, 128, 2);
  x = block(b, x, 3, 256, depth);
  x = block(b, x, 4, 512, depth);
  x = block(b, x, 5, 512, depth);

  x = b.flatten(x, "flatten");
  x = b.dense(x, 4096, "fc1", Activation::relu);
  x = b.dense(x, 4096, "fc2", Activation::relu);
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace

ModelSpec vgg16() { return vgg("vgg16", 3); }
ModelSpec vgg19() { return vgg("vgg19", 4); }

}  // namespace scission::torchscript::zoo
