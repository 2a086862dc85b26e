// Describes a model layer by layer, the way Keras' functional API does.
//
//     ModelBuilder b("tiny", {3, 32, 32}, Preprocessing::tf);
//     Node x = b.conv(b.input(), 16, 3, "conv", {.activation = Activation::relu});
//     x = b.dense(b.flatten(x, "flatten"), 10, "predictions", Activation::softmax);
//     return b.finish();
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torchscript/zoo/model_spec.hpp"
#include "torchscript/zoo/moments.hpp"

namespace scission::torchscript::zoo {

/// What a layer puts out, for other layers to read.
struct Node {
  int layer = 0;
  Shape shape;
  Moments moments;
};

enum class Activation { none, relu, softmax };

/// Keras' words: `valid` pads nothing; `same` gives ceil(input / stride) outputs, the odd zero at
/// the end.
enum class Padding { valid, same };

struct ConvOptions {
  int stride = 1;
  Padding padding = Padding::valid;
  bool bias = true;
  Activation activation = Activation::none;
};

/// Zeros around an image.
struct Border {
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;
};

/// Collects layers. Every function adds one and takes its name last but for options; Keras'
/// defaults hold. Kernels, strides and pools are square. Images are channels × height × width.
class ModelBuilder {
 public:
  ModelBuilder(std::string name, Shape input, Preprocessing preprocessing);

  const Node& input() const { return input_; }

  Node conv(const Node& x, int filters, int kernel, const std::string& name,
            const ConvOptions& options = {});
  Node depthwise_conv(const Node& x, int kernel, const std::string& name,
                      const ConvOptions& options = {});
  Node dense(const Node& x, int units, const std::string& name,
             Activation activation = Activation::none);
  Node batch_norm(const Node& x, const std::string& name, double epsilon = 1e-3);

  Node activation(const Node& x, Activation activation, const std::string& name);
  Node relu6(const Node& x, const std::string& name);
  Node add(const Node& a, const Node& b, const std::string& name);

  Node max_pool(const Node& x, int pool, int stride, const std::string& name);
  Node global_average_pool(const Node& x, const std::string& name);

  Node zero_padding(const Node& x, const Border& border, const std::string& name);
  Node flatten(const Node& x, const std::string& name);
  Node reshape(const Node& x, Shape shape, const std::string& name);
  Node dropout(const Node& x, double rate, const std::string& name);

  /// The model whose output is the layer added last, its layers in Keras' order.
  ModelSpec finish();

 private:
  Node convolve(const Node& x, const std::string& type, const std::string& name, int kernel,
                Shape kernel_shape, int groups, const ConvOptions& options);
  Node add_layer(LayerSpec layer, const Moments& moments);

  ModelSpec spec_;
  Node input_;
};

}  // namespace scission::torchscript::zoo
