// Seeded random weights, drawn in order.
#pragma once

#include <ATen/core/TensorBody.h>

#include <cstdint>

#include "torchscript/zoo/model_spec.hpp"

namespace scission::torchscript::zoo {

/// A stream of uniform numbers: SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number
/// Generators", 2014), two floats of 24 bits from each of its words.
class WeightStream {
 public:
  explicit WeightStream(std::uint64_t seed) : state_(seed) {}

  /// The next tensor: float32, contiguous, on the CPU.
  at::Tensor draw(const WeightSpec& weight);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

}  // namespace scission::torchscript::zoo
