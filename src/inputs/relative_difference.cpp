// How far answers differ.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/numbers.hpp"
#include "inputs/elements.hpp"
#include "scission/inputs.hpp"

namespace scission {
namespace {

double relative_difference(const Tensor& answer, const Tensor& expected) {
  if (answer.dtype != expected.dtype || answer.shape != expected.shape) return infinity;
  if (answer.bytes.size != expected.bytes.size) return infinity;
  if (answer.bytes.view() == expected.bytes.view()) return 0;
  const ReadElement read = float_reader(answer.dtype);
  if (read == nullptr) return infinity;
  double distance = 0;
  double scale = 0;
  const std::size_t count = expected.bytes.size / element_bytes(expected.dtype);
  for (std::size_t i = 0; i < count; ++i) {
    const double a = read(answer, i);
    const double b = read(expected, i);
    if (std::isfinite(b)) scale = std::max(scale, std::abs(b));
    // Equal elements may be infinite or NaN on both sides, where a difference is not defined.
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (std::isnan(a) || std::isnan(b)) return infinity;
    distance = std::max(distance, std::abs(a - b));
  }
  return distance > 0 ? distance / scale : 0;
}

}  // namespace

double relative_difference(const std::vector<Tensor>& answer, const std::vector<Tensor>& expected) {
  if (answer.size() != expected.size()) return infinity;
  double largest = 0;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    largest = std::max(largest, relative_difference(answer[i], expected[i]));
  }
  return largest;
}

}  // namespace scission
