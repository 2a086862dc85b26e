// Describes a model layer by layer, like Keras' functional API. Activations between layers have a
// shape, with Keras' padding, and an expected magnitude, by which weights are scaled.
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

#include "zoo/models.hpp"

namespace scission::zoo {

/// Rows and columns; a single number means a square.
struct Size {
  int height = 1;
  int width = 1;

  constexpr Size(int side) : height(side), width(side) {}  // NOLINT: 3 is 3 × 3
  constexpr Size(int rows, int columns) : height(rows), width(columns) {}
};

/// As in Keras: `valid` pads nothing; `same` gives ceil(input / stride) outputs, an odd zero at the
/// end.
enum class Padding { valid, same };

/// Elements added around an image.
struct Border {
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;

  bool is_symmetric() const { return top == bottom && left == right; }
};

/// The border that `padding` adds to an image, channels × height × width, for a sliding window.
Border border_of(Padding padding, const Shape& image, Size window, int stride);

/// The border that Keras adds explicitly before a valid window of stride 2
/// (imagenet_utils.correct_pad): like `same`, but an image with an even side gets its odd zero at
/// the end for every window.
Border strided_border(const Shape& image, int window);

/// The image with its border.
Shape padded_shape(const Shape& image, const Border& border);

/// The result of sliding a window over an image with its border.
Shape window_shape(std::int64_t channels, const Shape& image, Size window, int stride,
                   const Border& border);

/// Mean and variance of an activation's elements, over the random weights before it.
struct Moments {
  double mean = 0;
  double variance = 1;

  double mean_square() const { return mean * mean + variance; }
};

/// The moments of the sum of two independent activations.
Moments sum(const Moments& a, const Moments& b);

/// The moments of max(x, 0) for a normal x.
Moments rectified(const Moments& x);

/// The moments of tanh(x) for a normal x about zero: accurate to a tenth up to a variance of 1, for
/// which it is 0.394.
Moments squashed(const Moments& x);

/// The moments of the maximum of neighbouring elements. A rule of thumb: the gain depends on how
/// similar they are, and so on the image.
Moments pooled(const Moments& x);

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
  Node relu(const Node& x, const std::string& name = unnamed) {
    return activation(x, Activation::relu, name);
  }
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
  /// With Keras' usual end: a global average and the probabilities of ImageNet's 1000 classes.
  ModelSpec finish_classifier(const Node& x, const std::string& pool_name = unnamed);

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

}  // namespace scission::zoo
