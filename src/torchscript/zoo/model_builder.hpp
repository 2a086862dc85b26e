// Describes a model layer by layer, the way Keras' functional API does.
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

#include "torchscript/zoo/model_spec.hpp"
#include "torchscript/zoo/moments.hpp"
#include "torchscript/zoo/window.hpp"

namespace scission::torchscript::zoo {

/// What a layer puts out, for other layers to read.
struct Node {
  int layer = 0;
  Shape shape;
  Moments moments;
};

enum class Activation { none, relu, tanh, softmax };

/// TorchScript of `expression` activated, and what becomes of its moments.
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

/// In the place of a name: the layer is called as Keras calls a nameless one, after its type and
/// the nameless ones of that type before it: conv2d, conv2d_1, …
inline constexpr const char* unnamed = "";

/// Collects layers. Every function adds one and takes its name last but for options; Keras'
/// defaults hold. Images are channels × height × width. FLOPs are counted as the published tables
/// of Keras models count them: a multiply-add as two, no biases, no fused activation.
class ModelBuilder {
 public:
  ModelBuilder(std::string name, Shape input, Preprocessing preprocessing);

  const Node& input() const { return input_; }

  Node conv(const Node& x, int filters, Size kernel, const std::string& name = unnamed,
            const ConvOptions& options = {});
  Node depthwise_conv(const Node& x, Size kernel, const std::string& name = unnamed,
                      const ConvOptions& options = {});
  /// A depthwise convolution, then a 1×1 one; stride and padding are the former's, the bias and
  /// the activation the latter's.
  Node separable_conv(const Node& x, int filters, Size kernel, const std::string& name = unnamed,
                      const ConvOptions& options = {});
  Node dense(const Node& x, int units, const std::string& name = unnamed,
             Activation activation = Activation::none);
  Node batch_norm(const Node& x, const std::string& name = unnamed,
                  const NormOptions& options = {});

  Node activation(const Node& x, Activation activation, const std::string& name = unnamed);
  Node relu6(const Node& x, const std::string& name = unnamed);
  /// Krizhevsky's, over the 5 channels around each one: x / (2 + 1e-4 Σx²)^¾. A Lambda.
  Node local_response_norm(const Node& x, const std::string& name = unnamed);
  Node add(const Node& a, const Node& b, const std::string& name = unnamed);
  /// a + scale · b. A Lambda.
  Node scaled_add(const Node& a, const Node& b, double scale, const std::string& name = unnamed);
  /// Channel behind channel.
  Node concatenate(const std::vector<Node>& parts, const std::string& name = unnamed);

  /// What `same` puts around an image is never the largest, nor does it count in an average.
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

  /// The model whose output is the layer added last, its layers in Keras' order.
  ModelSpec finish();

 private:
  Node convolve(const Node& x, const std::string& type, const std::string& name,
                const Shape& kernel, int groups, const ConvOptions& options);
  Node pool(const Node& x, LayerSpec layer, const std::string& function, int side, int stride,
            Padding padding, const Moments& moments);
  Node add_layer(LayerSpec layer, const Moments& moments);
  /// The first of equivalent expressions of x0 that no layer has yet for the same x0: of equal
  /// ones LibTorch's freezing makes a single node, and a layer would be gone. Throws
  /// std::logic_error when all are taken.
  std::string distinct(const Node& x, const std::vector<std::string>& expressions) const;

  ModelSpec spec_;
  std::map<std::string, int> unnamed_;  ///< how many there are of each type
  Node input_;
};

}  // namespace scission::torchscript::zoo
