#include "inputs/elements.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/numbers.hpp"

namespace scission {
namespace {

template <typename T>
T element(const Tensor& tensor, std::size_t i) {
  T value;
  std::memcpy(&value, tensor.bytes.data + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
double number(const Tensor& tensor, std::size_t i) {
  return static_cast<double>(element<T>(tensor, i));
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

double half_number(const Tensor& tensor, std::size_t i) {
  return half(element<std::uint16_t>(tensor, i));
}

double brain_number(const Tensor& tensor, std::size_t i) {
  return std::bit_cast<float>(std::uint32_t{element<std::uint16_t>(tensor, i)} << 16);
}

}  // namespace

ReadElement float_reader(std::string_view dtype) {
  if (dtype == "float32") return number<float>;
  if (dtype == "float64") return number<double>;
  if (dtype == "float16") return half_number;
  if (dtype == "bfloat16") return brain_number;
  return nullptr;
}

ReadElement number_reader(std::string_view dtype) {
  constexpr std::array<std::pair<std::string_view, ReadElement>, 9> integers{{
      {"bool", number<std::uint8_t>},
      {"uint8", number<std::uint8_t>},
      {"int8", number<std::int8_t>},
      {"uint16", number<std::uint16_t>},
      {"int16", number<std::int16_t>},
      {"uint32", number<std::uint32_t>},
      {"int32", number<std::int32_t>},
      {"uint64", number<std::uint64_t>},
      {"int64", number<std::int64_t>},
  }};
  for (const auto& [name, read] : integers) {
    if (name == dtype) return read;
  }
  return float_reader(dtype);
}

}  // namespace scission
