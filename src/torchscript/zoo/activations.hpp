// The activations between layers: their shapes, with Keras' padding, and their expected magnitudes,
// by which weights are scaled.
#pragma once

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

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

}  // namespace scission::torchscript::zoo
