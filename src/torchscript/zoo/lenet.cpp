// LeNet-5 (LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998), of
// colour images, with plain convolutions, averages without weights, and a softmax at its end.
#include "torchscript/zoo/model_builder.hpp"
#include "torchscript/zoo/models.hpp"

namespace scission::torchscript::zoo {

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

}  // namespace scission::torchscript::zoo
