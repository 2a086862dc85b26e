#include "torchscript/zoo/activations.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace scission::torchscript::zoo {

Border border_of(Padding padding, const Shape& image, Size window, int stride) {
  if (padding == Padding::valid) return {};
  const auto missing = [stride](std::int64_t size, int side) {
    const std::int64_t outputs = (size + stride - 1) / stride;
    return static_cast<int>(std::max<std::int64_t>(0, (outputs - 1) * stride + side - size));
  };
  const int rows = missing(image[1], window.height);
  const int columns = missing(image[2], window.width);
  return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

Border strided_border(const Shape& image, int window) {
  const int half = window / 2;
  const int top = image[1] % 2 == 0 ? half - 1 : half;
  const int left = image[2] % 2 == 0 ? half - 1 : half;
  return {top, half, left, half};
}

Shape padded_shape(const Shape& image, const Border& border) {
  return {image[0], image[1] + border.top + border.bottom, image[2] + border.left + border.right};
}

Shape window_shape(std::int64_t channels, const Shape& image, Size window, int stride,
                   const Border& border) {
  const Shape padded = padded_shape(image, border);
  return {channels, (padded[1] - window.height) / stride + 1,
          (padded[2] - window.width) / stride + 1};
}

Moments sum(const Moments& a, const Moments& b) {
  return {a.mean + b.mean, a.variance + b.variance};
}

Moments rectified(const Moments& x) {
  const double deviation = std::sqrt(x.variance);
  const double z = x.mean / deviation;
  const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  const double positive = std::erfc(-z / std::numbers::sqrt2) / 2;
  const double mean = x.mean * positive + deviation * density;
  const double square = x.mean_square() * positive + x.mean * deviation * density;
  return {mean, square - mean * mean};
}

Moments squashed(const Moments& x) { return {0, x.variance / (1 + 1.54 * x.variance)}; }

Moments pooled(const Moments& x) { return {x.mean + std::sqrt(x.variance) / 2, x.variance}; }

}  // namespace scission::torchscript::zoo
