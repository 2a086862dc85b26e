#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "scission/inputs.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

Tensor floats(const std::vector<float>& numbers, std::string dtype = "float32") {
  std::string bytes(numbers.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return {
      "x", std::move(dtype), {static_cast<std::int64_t>(numbers.size())}, to_shared_bytes(bytes)};
}

const float no_number = std::numeric_limits<float>::quiet_NaN();
const float infinite = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("An answer of the same bytes is no different whatever its numbers") {
  const std::vector<Tensor> answer{floats({1, -2, no_number, infinite})};
  CHECK(relative_difference(answer, answer) == 0);
  CHECK(relative_difference({}, {}) == 0);
}

TEST_CASE("A difference is a share of the largest number expected") {
  CHECK(relative_difference({floats({1, 2, -3})}, {floats({1, 2, -4})}) == 0.25);
  CHECK(relative_difference({floats({1, 2, no_number, infinite})},
                            {floats({1, 4, no_number, infinite})}) == 0.5);
  CHECK(relative_difference({floats({1}), floats({3})}, {floats({1}), floats({2})}) == 0.5);
}

TEST_CASE("Numbers of two bytes are compared by their values") {
  const auto halves = [](const std::string& dtype, std::uint16_t a, std::uint16_t b) {
    std::string bytes(4, '\0');
    std::memcpy(bytes.data(), &a, 2);
    std::memcpy(bytes.data() + 2, &b, 2);
    return Tensor{"x", dtype, {2}, to_shared_bytes(bytes)};
  };
  // 1 and −4, and instead of 1: 0.75, and the smallest number, 2⁻²⁴
  CHECK(relative_difference({halves("float16", 0x3a00, 0xc400)},
                            {halves("float16", 0x3c00, 0xc400)}) == 0.0625);
  CHECK(relative_difference({halves("float16", 0x0001, 0xc400)},
                            {halves("float16", 0x0000, 0xc400)}) == std::ldexp(1.0, -26));
  CHECK(std::isinf(relative_difference({halves("float16", 0x7c00, 0xc400)},
                                       {halves("float16", 0x3c00, 0xc400)})));
  CHECK(relative_difference({halves("bfloat16", 0x3f40, 0xc080)},
                            {halves("bfloat16", 0x3f80, 0xc080)}) == 0.0625);
}

TEST_CASE("What is no rounding is infinitely different") {
  CHECK(std::isinf(relative_difference({floats({1})}, {})));
  CHECK(std::isinf(relative_difference({floats({1})}, {floats({1, 2})})));
  CHECK(std::isinf(relative_difference({floats({1})}, {floats({1}, "int32")})));
  CHECK(std::isinf(relative_difference({floats({1}, "int32")}, {floats({2}, "int32")})));
  CHECK(std::isinf(relative_difference({floats({no_number, 1})}, {floats({2, 1})})));
  CHECK(std::isinf(relative_difference({floats({2, 1})}, {floats({no_number, 1})})));
  CHECK(std::isinf(relative_difference({floats({infinite, 1})}, {floats({2, 1})})));
  CHECK(std::isinf(relative_difference({floats({1})}, {floats({0})})));
}
