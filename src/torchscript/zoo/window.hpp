// Where windows fit into images: Keras' padding.
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

/// Keras' words: `valid` pads nothing; `same` gives ceil(input / stride) outputs, the odd zero at
/// the end.
enum class Padding { valid, same };

/// Elements around an image.
struct Border {
  int top = 0;
  int bottom = 0;
  int left = 0;
  int right = 0;

  bool is_symmetric() const { return top == bottom && left == right; }
};

/// What `padding` puts around an image, channels × height × width, for a window to slide over.
Border border_of(Padding padding, const Shape& image, Size window, int stride);

/// What Keras pads by hand before a valid window of stride 2 (imagenet_utils.correct_pad): like
/// `same`, but an image of an even side gets its odd zero at the end whatever the window.
Border strided_border(const Shape& image, int window);

/// The image with its border.
Shape padded_shape(const Shape& image, const Border& border);

/// Of sliding a window over an image with its border.
Shape window_shape(std::int64_t channels, const Shape& image, Size window, int stride,
                   const Border& border);

}  // namespace scission::torchscript::zoo
