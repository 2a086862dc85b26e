// Seeded random inputs, from LibTorch's generator.
#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "base/require.hpp"
#include "scission/torchscript/inputs/inputs.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

/// Drawn as float32 or int64 and converted, because some versions of LibTorch lack the other types.
at::Tensor drawn(const InputSpec& input, const at::Generator& generator) {
  const at::ScalarType type = scalar_type(input.dtype);
  const bool is_wide = type == at::kDouble || type == at::kComplexDouble;
  const at::ScalarType real = is_wide ? at::kDouble : at::kFloat;
  if (at::isComplexType(type)) {
    const at::Tensor part = torch::randn(input.shape, generator, real);
    return at::complex(part, torch::randn(input.shape, generator, real));
  }
  std::int64_t lowest = input.lowest;
  if (input.is_sorted && input.first) lowest = std::max(lowest, *input.first);
  if (!at::isFloatingType(type)) {
    return torch::randint(lowest, input.below, input.shape, generator, at::kLong);
  }
  if (!input.is_uniform) return torch::randn(input.shape, generator, real);
  const auto width = static_cast<double>(input.below - lowest);
  return torch::rand(input.shape, generator, real) * width + static_cast<double>(lowest);
}

at::Tensor random_input(const InputSpec& input, const at::Generator& generator) {
  const at::ScalarType type = scalar_type(input.dtype);
  if (input.fill) {
    return at::full(input.shape, *input.fill, at::kDouble).to(type);
  }
  at::Tensor tensor = drawn(input, generator);
  const bool has_elements = tensor.dim() > 0 && tensor.numel() > 0;
  if (input.is_sorted && has_elements) tensor = std::get<0>(tensor.sort(-1));
  if (input.first && has_elements) tensor.select(-1, 0).fill_(*input.first);
  return tensor.to(type);
}

}  // namespace

std::vector<at::Tensor> random_inputs(const InputOptions& options) {
  validate_inputs(options.tensors);
  const at::Generator generator = at::detail::createCPUGenerator(options.seed);
  std::vector<at::Tensor> tensors;
  for (const InputSpec& input : options.tensors) {
    if (input.is_number()) continue;
    try {
      tensors.push_back(input.tensor ? from_bytes(stored_input(input)).clone()
                                     : random_input(input, generator));
    } catch (const std::exception& error) {
      throw_invalid_argument(
          fmt::format("an input {} cannot be created: {}", to_string({input}), one_line(error)));
    }
  }
  return tensors;
}

}  // namespace scission::torchscript
