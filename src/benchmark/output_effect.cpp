#include "benchmark/output_effect.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/numbers.hpp"
#include "inputs/elements.hpp"

namespace scission {
namespace {

std::size_t element_count(const Tensor& tensor) {
  return tensor.bytes.size / element_bytes(tensor.dtype);
}

double cosine_of(double dot, double answer_square, double expected_square) {
  if (answer_square == 0 && expected_square == 0) return 1;
  if (answer_square == 0 || expected_square == 0) return 0;
  return std::clamp(dot / std::sqrt(answer_square) / std::sqrt(expected_square), -1.0, 1.0);
}

constexpr OutputEffect incomparable{infinity, 0};

OutputEffect compare_output(const Tensor& answer, const Tensor& expected) {
  if (answer.dtype != expected.dtype || answer.shape != expected.shape) return incomparable;
  if (answer.bytes.view() == expected.bytes.view()) return {};
  const ReadElement read = number_reader(answer.dtype);
  if (read == nullptr) return incomparable;
  double distance = 0;
  double scale = 0;
  double dot = 0;
  double answer_square = 0;
  double expected_square = 0;
  for (std::size_t i = 0; i < element_count(expected); ++i) {
    const double a = read(answer, i);
    const double b = read(expected, i);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      // Equal elements may be infinite or NaN on both sides.
      if (a == b || (std::isnan(a) && std::isnan(b))) continue;
      return incomparable;
    }
    scale = std::max(scale, std::abs(b));
    distance = std::max(distance, std::abs(a - b));
    dot += a * b;
    answer_square += a * a;
    expected_square += b * b;
  }
  return {distance > 0 ? distance / scale : 0, cosine_of(dot, answer_square, expected_square)};
}

std::size_t item_count(const Tensor& output) {
  return output.shape.size() > 1 ? static_cast<std::size_t>(output.shape[0]) : 1;
}

}  // namespace

OutputEffect compare_outputs(const std::vector<Tensor>& answer,
                             const std::vector<Tensor>& expected) {
  if (answer.size() != expected.size()) return incomparable;
  OutputEffect all;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const OutputEffect one = compare_output(answer[i], expected[i]);
    all.error = std::max(all.error, one.error);
    all.cosine = std::min(all.cosine, one.cosine);
  }
  return all;
}

std::vector<std::int64_t> largest_elements(const std::vector<Tensor>& outputs) {
  const std::int64_t classes = class_count(outputs);
  if (classes == 0) return {};
  const Tensor& output = outputs.front();
  const ReadElement read = number_reader(output.dtype);
  std::vector<std::int64_t> largest(item_count(output));
  for (std::size_t item = 0; item < largest.size(); ++item) {
    const std::size_t first = item * static_cast<std::size_t>(classes);
    std::int64_t best = 0;
    double best_value = -infinity;
    for (std::int64_t i = 0; i < classes; ++i) {
      const double value = read(output, first + static_cast<std::size_t>(i));
      if (value > best_value) {
        best = i;
        best_value = value;
      }
    }
    largest[item] = best;
  }
  return largest;
}

std::int64_t class_count(const std::vector<Tensor>& outputs) {
  if (outputs.empty() || number_reader(outputs.front().dtype) == nullptr) return 0;
  const std::size_t items = item_count(outputs.front());
  return items == 0 ? 0 : static_cast<std::int64_t>(element_count(outputs.front()) / items);
}

}  // namespace scission
