// Input for the built-in models.
#pragma once

#include <torch/script.h>

#include <cstdint>

#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::testing {

/// Noise of the range that an image has after preprocessing, always the same.
inline at::Tensor noise(const ZooModel& model, std::int64_t batch = 1) {
  at::manual_seed(7);
  const double range = model.preprocessing == Preprocessing::caffe ? 128 : 1;
  return (torch::rand({batch, model.channels, model.height, model.width}) * 2 - 1) * range;
}

}  // namespace scission::testing
