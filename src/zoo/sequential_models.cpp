// Models that are a chain of layers:
// - VGG (Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
//   Recognition", 2015), after keras/applications/vgg16.py and vgg19.py;
// - AlexNet (Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks",
//   2012), on one device: its convolutions see all channels;
// - LeNet-5 (LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998), of
//   colour images, with plain convolutions, averages without weights, and a softmax at its end.
#include <fmt/format.h>

#include <string>

#include "zoo/model_builder.hpp"
#include "zoo/models.hpp"

namespace scission::zoo {
namespace {

/// `depth` convolutions, then the image is halved.
Node block(ModelBuilder& b, Node x, int index, int filters, int depth) {
  const ConvOptions options{.padding = Padding::same, .activation = Activation::relu};
  for (int i = 1; i <= depth; ++i) {
    x = b.conv(x, filters, 3, fmt::format("block{}_conv{}", index, i), options);
  }
  return b.max_pool(x, 2, 2, fmt::format("block{}_pool", index));
}

}  // namespace

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

ModelSpec alexnet() {
  ModelBuilder b("alexnet", {3, 224, 224}, Preprocessing::caffe);
  const ConvOptions options{.padding = Padding::same, .activation = Activation::relu};
  Node x = b.conv(b.input(), 96, 11, "conv1",
                  {.stride = 4, .padding = Padding::same, .activation = Activation::relu});
  x = b.local_response_norm(x, "norm1");
  x = b.max_pool(x, 3, 2, "pool1");
  x = b.conv(x, 256, 5, "conv2", options);
  x = b.local_response_norm(x, "norm2");
  x = b.max_pool(x, 3, 2, "pool2");
  x = b.conv(x, 384, 3, "conv3", options);
  x = b.conv(x, 384, 3, "conv4", options);
  x = b.conv(x, 256, 3, "conv5", options);
  x = b.max_pool(x, 3, 2, "pool5");

  x = b.flatten(x, "flatten");
  x = b.dense(x, 4096, "fc6", Activation::relu);
  x = b.dropout(x, 0.5, "drop6");
  x = b.dense(x, 4096, "fc7", Activation::relu);
  x = b.dropout(x, 0.5, "drop7");
  b.dense(x, 1000, "predictions", Activation::softmax);
  return b.finish();
}

ModelSpec lenet() {
  ModelBuilder b("lenet", {3, 32, 32}, Preprocessing::tf);
  const ConvOptions options{.activation = Activation::tanh};
  Node x = b.conv(b.input(), 6, 5, "c1", options);
  x = b.average_pool(x, 2, 2, "s2");
  x = b.conv(x, 16, 5, "c3", options);
  x = b.average_pool(x, 2, 2, "s4");
  x = b.conv(x, 120, 5, "c5", options);
  x = b.flatten(x, "flatten");
  x = b.dense(x, 84, "f6", Activation::tanh);
  b.dense(x, 10, "predictions", Activation::softmax);
  return b.finish();
}

}  // namespace scission::zoo
