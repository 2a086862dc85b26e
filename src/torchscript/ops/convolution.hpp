// A convolution's parameters, whichever of LibTorch's operations it is written with.
#pragma once

#include <optional>
#include <vector>

#include "torchscript/ops/call.hpp"

namespace scission::torchscript {

struct Convolution {
  at::Tensor input;   ///< (N, Cin, extents…)
  at::Tensor weight;  ///< (Cout, Cin/groups, kernel…), transposed (Cin, Cout/groups, …)
  c10::optional<at::Tensor> bias;
  std::vector<std::int64_t> stride, padding, dilation, output_padding;  ///< one an extent
  std::int64_t groups = 1;
  bool transposed = false;
  bool unbatched = false;  ///< the input came without N
};

/// nullopt if LibTorch would refuse the parameters. Padding by name is turned into numbers, and
/// into a larger input where it is more on one side than on the other.
std::optional<Convolution> read_convolution(const OpCall& call);

/// (N, Cout, extents…); nullopt if the kernel is larger than the padded input.
std::optional<std::vector<std::int64_t>> output_sizes(const Convolution& convolution);

}  // namespace scission::torchscript
