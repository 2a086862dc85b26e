// AlexNet (Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks",
// 2012), on one device: its convolutions see all channels.
#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {

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

}  // namespace scission::torchscript::zoo
