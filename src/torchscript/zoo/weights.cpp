#include "torchscript/zoo/weights.hpp"

#include <ATen/ops/empty.h>

namespace scission::torchscript::zoo {
namespace {

/// -1 … 1 from the upper 24 of 32 bits.
float signed_unit(std::uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-23F - 1.0F; }

}  // namespace

std::uint64_t WeightStream::next() {
  state_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

at::Tensor WeightStream::draw(const WeightSpec& weight) {
  at::Tensor tensor = at::empty(weight.shape, at::TensorOptions(at::kFloat).device(at::kCPU));
  const auto centre = static_cast<float>(weight.centre);
  const auto spread = static_cast<float>(weight.spread);
  float* values = tensor.data_ptr<float>();
  const std::int64_t size = tensor.numel();
  for (std::int64_t i = 0; i < size; i += 2) {
    const std::uint64_t word = next();
    values[i] = centre + spread * signed_unit(static_cast<std::uint32_t>(word));
    if (i + 1 < size) {
      values[i + 1] = centre + spread * signed_unit(static_cast<std::uint32_t>(word >> 32));
    }
  }
  return tensor;
}

}  // namespace scission::torchscript::zoo
