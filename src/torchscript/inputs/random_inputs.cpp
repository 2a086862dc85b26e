#include "scission/torchscript/inputs/inputs.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <map>
#include <string_view>

#include "scission/base/error.hpp"
#include "torchscript/common/errors.hpp"
#include "torchscript/inputs/input_checks.hpp"

namespace scission::torchscript {
namespace {

at::ScalarType type_of(const InputSpec& input) {
  static const std::map<std::string_view, at::ScalarType> types{
      {"float16", at::kHalf}, {"float32", at::kFloat}, {"float64", at::kDouble},
      {"uint8", at::kByte},   {"int32", at::kInt},     {"int64", at::kLong},
      {"bool", at::kBool}};
  return types.at(input.dtype);
}

/// Drawn as float32 or int64 where LibTorch draws no numbers of the type, or not in all versions.
at::Tensor random_input(const InputSpec& input, const at::Generator& generator) {
  const at::ScalarType type = type_of(input);
  if (type == at::kDouble) return torch::randn(input.shape, generator, at::kDouble);
  if (at::isFloatingType(type)) return torch::randn(input.shape, generator, at::kFloat).to(type);
  return torch::randint(input.below, input.shape, generator, at::kLong).to(type);
}

}  // namespace

std::vector<at::Tensor> random_inputs(const InputOptions& options) {
  check(options.tensors);
  const at::Generator generator = at::detail::createCPUGenerator(options.seed);
  std::vector<at::Tensor> tensors;
  for (const InputSpec& input : options.tensors) {
    try {
      tensors.push_back(random_input(input, generator));
    } catch (const std::exception& error) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("no input {} can be made: {}", to_string({input}), one_line(error)));
    }
  }
  return tensors;
}

}  // namespace scission::torchscript
