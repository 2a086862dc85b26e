// How far answers differ.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/numbers.hpp"
#include "scission/inputs/inputs.hpp"

namespace scission {
namespace {

template <typename T>
T element(const Tensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.bytes.data + i * sizeof(T), sizeof(T));
  return value;
}

// IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
double half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  double size =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 31) size = fraction == 0 ? infinity : not_a_number;
  return bits >> 15 != 0 ? -size : size;
}

using ReadElement = double (*)(const Tensor& tensor, std::size_t i);

// Null for types that are not floating-point.
ReadElement reader_of(const std::string& dtype) {
  if (dtype == "float32")
    return [](const Tensor& t, std::size_t i) -> double { return element<float>(t, i); };
  if (dtype == "float64")
    return [](const Tensor& t, std::size_t i) { return element<double>(t, i); };
  if (dtype == "float16")
    return [](const Tensor& t, std::size_t i) { return half(element<std::uint16_t>(t, i)); };
  if (dtype == "bfloat16") {
    return [](const Tensor& t, std::size_t i) -> double {
      return std::bit_cast<float>(std::uint32_t{element<std::uint16_t>(t, i)} << 16);
    };
  }
  return nullptr;
}

double relative_difference(const Tensor& answer, const Tensor& expected) {
  if (answer.dtype != expected.dtype || answer.shape != expected.shape) return infinity;
  if (answer.bytes.size != expected.bytes.size) return infinity;
  if (answer.bytes.view() == expected.bytes.view()) return 0;
  const ReadElement read = reader_of(answer.dtype);
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
