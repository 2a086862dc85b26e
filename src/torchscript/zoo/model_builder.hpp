// Describes a model layer by layer, like Keras' functional API.
//
//     ModelBuilder b("tiny", {3, 32, 32}, Preprocessing::tf);
//     Node x = b.conv(b.input(), 16, 3, "conv", {.activation = Activation::relu});
//     x = b.dense(b.flatten(x), 10, "predictions", Activation::softmax);
//     return b.finish();
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "torchscript/zoo/activations.hpp"
#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

/// The output of a layer, as input of other layers.
struct Node {
  int layer = 0;
  Shape shape;
  Moments moments;
};

enum class Activation { none, relu, tanh, softmax };

/// The TorchScript expression of the activation of `expression`, and the moments of an activation.
std::string activated(const std::string& expression, Activation activation);
Moments activated(const Moments& moments, Activation activation);

struct ConvOptions {
  int stride = 1;
  Padding padding = Padding::valid;
  bool bias = true;
  Activation activation = Activation::none;
};

struct NormOptions {
  double epsilon = 1e-3;
  bool scale = true;  ///< whether there is a gamma
};

/// Instead of a name: the layer is named as in Keras, after its type and the number of preceding
/// unnamed layers of that type: conv2d, conv2d_1, …
inline constexpr const char* unnamed = "";

/// Collects layers. Each function adds one layer and returns its output; defaults are those of
/// Keras. Images are channels × height × width. FLOPs are counted as in the published tables of
/// Keras models: a multiply-add as two, no biases, no fused activation.
class ModelBuilder {
 public:
  ModelBuilder(std::string name, Shape input, Preprocessing preprocessing);

  const Node& input() const { return input_; }

  Node conv(const Node& x, int filters, Size kernel, const std::string& name = unnamed,
            const ConvOptions& options = {});
  Node depthwise_conv(const Node& x, Size kernel, const std::string& name = unnamed,
                      const ConvOptions& options = {});
  /// A depthwise convolution with the given stride and padding, followed by a 1×1 convolution with
  /// the bias and the activation.
  Node separable_conv(const Node& x, int filters, Size kernel, const std::string& name = unnamed,
                      const ConvOptions& options = {});
  Node dense(const Node& x, int units, const std::string& name = unnamed,
             Activation activation = Activation::none);
  Node batch_norm(const Node& x, const std::string& name = unnamed,
                  const NormOptions& options = {});

  Node activation(const Node& x, Activation activation, const std::string& name = unnamed);
  Node relu6(const Node& x, const std::string& name = unnamed);
  /// Krizhevsky's, over the 5 channels around each: x / (2 + 1e-4 Σx²)^¾. A Lambda layer.
  Node local_response_norm(const Node& x, const std::string& name = unnamed);
  Node add(const Node& a, const Node& b, const std::string& name = unnamed);
  /// a + scale · b. A Lambda layer.
  Node scaled_add(const Node& a, const Node& b, double scale, const std::string& name = unnamed);
  /// Along the channels.
  Node concatenate(const std::vector<Node>& parts, const std::string& name = unnamed);

  /// Padding never is the maximum and does not count in an average.
  Node max_pool(const Node& x, int side, int stride, const std::string& name = unnamed,
                Padding padding = Padding::valid);
  Node average_pool(const Node& x, int side, int stride, const std::string& name = unnamed,
                    Padding padding = Padding::valid);
  Node global_average_pool(const Node& x, const std::string& name = unnamed);

  Node zero_padding(const Node& x, const Border& border, const std::string& name = unnamed);
  Node cropping(const Node& x, const Border& border, const std::string& name = unnamed);
  Node flatten(const Node& x, const std::string& name = unnamed);
  Node reshape(const Node& x, Shape shape, const std::string& name = unnamed);
  Node dropout(const Node& x, double rate, const std::string& name = unnamed);

  /// The model, whose output is the layer added last, with its layers in Keras' order.
  ModelSpec finish();

 private:
  Node convolve(const Node& x, const std::string& type, const std::string& name,
                const Shape& kernel, int groups, const ConvOptions& options);
  Node pool(const Node& x, LayerSpec layer, const std::string& function, int side, int stride,
            Padding padding, const Moments& moments);
  Node add_layer(LayerSpec layer, const Moments& moments);
  /// The first of equivalent expressions of x0 that no layer uses yet for the same x0. LibTorch's
  /// freezing merges equal expressions into one node, which would remove a layer. Throws
  /// std::logic_error when all are in use.
  std::string distinct(const Node& x, const std::vector<std::string>& expressions) const;

  ModelSpec spec_;
  std::map<std::string, int> unnamed_;  ///< how many there are of each type
  Node input_;
};

}  // namespace scission::torchscript::zoo
