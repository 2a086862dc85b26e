// Costs of convolutions and matrix products, of normalisation, pooling and resampling.
#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <numeric>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

// A weight is (Cout, Cin/groups, kernel…), of a transposed convolution (Cin, Cout/groups, kernel…):
// beyond its first extent it holds one multiply-add for each element of the output, of a
// transposed one for each element of the input.
std::optional<OpCost> over(const at::Tensor* elements, const at::Tensor* weight) {
  if (elements == nullptr || weight == nullptr) return std::nullopt;
  if (weight->dim() < 2 || weight->size(0) == 0) return std::nullopt;
  return product(elements->numel() * (weight->numel() / weight->size(0)));
}

std::optional<OpCost> convolution(const OpCall& call) {
  return over(call.flag("transposed") ? call.input() : call.output(), call.tensor("weight"));
}

std::optional<OpCost> transposed_convolution(const OpCall& call) {
  return over(call.input(), call.tensor("weight"));
}

// One multiply-add for each element of the output and of the left factor's last extent.
std::optional<OpCost> rows_of(const char* left, const OpCall& call) {
  const at::Tensor* factor = call.tensor(left);
  const at::Tensor* output = call.output();
  if (factor == nullptr || output == nullptr || factor->dim() == 0) return std::nullopt;
  return product(output->numel() * factor->size(-1));
}

std::optional<OpCost> linear(const OpCall& call) { return rows_of("input", call); }
std::optional<OpCost> matrix_product(const OpCall& call) { return rows_of("self", call); }
std::optional<OpCost> added_product(const OpCall& call) { return rows_of("mat1", call); }
std::optional<OpCost> added_vector_product(const OpCall& call) { return rows_of("mat", call); }
std::optional<OpCost> added_batch_product(const OpCall& call) { return rows_of("batch1", call); }

std::optional<OpCost> summed_batch_product(const OpCall& call) {
  const at::Tensor* factor = call.tensor("batch1");
  const at::Tensor* output = call.output();
  if (factor == nullptr || output == nullptr || factor->dim() != 3) return std::nullopt;
  return product(output->numel() * factor->size(0) * factor->size(2));
}

std::optional<OpCost> tensor_product(const OpCall& call) {
  const at::Tensor* factor = call.tensor("self");
  const at::Tensor* output = call.output();
  if (factor == nullptr || output == nullptr) return std::nullopt;
  std::int64_t macs = output->numel();
  for (std::int64_t dim : call.integers("dims_self")) macs *= factor->size(dim);
  return product(macs);
}

using Extents = std::map<char, std::int64_t>;

// Adds one operand's letters; false for what needs more than letters ("...", a diagonal "ii").
bool add_extents(const std::string& letters, const at::Tensor& operand, Extents& extents) {
  if (static_cast<std::int64_t>(letters.size()) != operand.dim()) return false;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (std::isalpha(static_cast<unsigned char>(letters[i])) == 0) return false;
    if (letters.find(letters[i]) != i) return false;
    std::int64_t& extent = extents.try_emplace(letters[i], 1).first->second;
    extent = std::max(extent, operand.size(static_cast<std::int64_t>(i)));
  }
  return true;
}

// Of two factors: one multiply-add for each combination of all letters.
std::optional<OpCost> einsum(const OpCall& call) {
  const std::vector<at::Tensor> operands = call.tensors("tensors");
  std::string equation = call.text("equation");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const std::string letters = equation.substr(0, equation.find("->"));
  const std::size_t comma = letters.find(',');
  if (operands.size() != 2 || comma == std::string::npos) return std::nullopt;
  Extents extents;
  if (!add_extents(letters.substr(0, comma), operands[0], extents) ||
      !add_extents(letters.substr(comma + 1), operands[1], extents)) {
    return std::nullopt;
  }
  return product(
      std::accumulate(extents.begin(), extents.end(), std::int64_t{1},
                      [](std::int64_t macs, const auto& letter) { return macs * letter.second; }));
}

std::optional<OpCost> normalisation(const OpCall& call) {
  if (call.input() == nullptr) return std::nullopt;
  return OpCost{OpClass::normalisation, normalisation_flops * call.input()->numel(), 0};
}

// kernel_size holds one extent for all `dims` or one for each.
std::optional<OpCost> pooling(const OpCall& call, int dims) {
  const std::vector<std::int64_t> kernel = call.integers("kernel_size");
  if (call.output() == nullptr || kernel.empty()) return std::nullopt;
  std::int64_t window = 1;
  for (int i = 0; i < dims; ++i) {
    window *= kernel.size() == 1 ? kernel[0] : kernel.at(static_cast<std::size_t>(i));
  }
  return OpCost{OpClass::pooling, window * call.output()->numel(), 0};
}

std::optional<OpCost> pooling1d(const OpCall& call) { return pooling(call, 1); }
std::optional<OpCost> pooling2d(const OpCall& call) { return pooling(call, 2); }
std::optional<OpCost> pooling3d(const OpCall& call) { return pooling(call, 3); }

std::optional<OpCost> adaptive_pooling(const OpCall& call) {
  if (call.input() == nullptr) return std::nullopt;
  return OpCost{OpClass::pooling, call.input()->numel(), 0};
}

// A weighted sum of `neighbours` elements for each element of the output; the weights, the same
// for all channels, are left out.
std::optional<OpCost> resampling(const OpCall& call, int neighbours) {
  if (call.output() == nullptr) return std::nullopt;
  return OpCost{OpClass::arithmetic, (2 * neighbours - 1) * call.output()->numel(), 0};
}

std::optional<OpCost> linear_resampling(const OpCall& call) { return resampling(call, 2); }
std::optional<OpCost> bilinear_resampling(const OpCall& call) { return resampling(call, 4); }
std::optional<OpCost> trilinear_resampling(const OpCall& call) { return resampling(call, 8); }
std::optional<OpCost> bicubic_resampling(const OpCall& call) { return resampling(call, 16); }

}  // namespace

CostRule matrix_rule(std::string_view name) {
  static const RuleTable<CostRule> rules = {
      {convolution,
       {"conv1d", "conv2d", "conv3d", "_convolution", "_convolution_mode", "convolution",
        "convolution_overrideable", "mkldnn_convolution", "slow_conv3d", "slow_conv_dilated2d",
        "slow_conv_dilated3d", "thnn_conv2d", "_slow_conv2d_forward", "_conv_depthwise2d",
        "conv_depthwise3d"}},
      {transposed_convolution,
       {"conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "slow_conv_transpose2d",
        "slow_conv_transpose3d"}},
      {linear, {"linear"}},
      {matrix_product, {"mm", "bmm", "matmul", "mv", "dot", "vdot", "inner"}},
      {added_product, {"addmm", "_addmm_activation"}},
      {added_vector_product, {"addmv"}},
      {added_batch_product, {"baddbmm"}},
      {summed_batch_product, {"addbmm"}},
      {tensor_product, {"tensordot"}},
      {einsum, {"einsum"}},
  };
  return find_rule(rules, name);
}

CostRule layer_rule(std::string_view name) {
  static const RuleTable<CostRule> rules = {
      {normalisation,
       {"batch_norm", "native_batch_norm", "_native_batch_norm_legit",
        "_native_batch_norm_legit_no_training", "_batch_norm_impl_index", "layer_norm",
        "native_layer_norm", "group_norm", "native_group_norm", "instance_norm", "rms_norm"}},
      {pooling1d, {"max_pool1d", "max_pool1d_with_indices", "avg_pool1d"}},
      {pooling2d, {"max_pool2d", "max_pool2d_with_indices", "avg_pool2d"}},
      {pooling3d, {"max_pool3d", "max_pool3d_with_indices", "avg_pool3d"}},
      {adaptive_pooling,
       {"adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "_adaptive_avg_pool2d",
        "_adaptive_avg_pool3d", "adaptive_max_pool1d", "adaptive_max_pool2d",
        "adaptive_max_pool3d"}},
      {linear_resampling, {"upsample_linear1d"}},
      {bilinear_resampling, {"upsample_bilinear2d"}},
      {trilinear_resampling, {"upsample_trilinear3d"}},
      {bicubic_resampling, {"upsample_bicubic2d"}},
  };
  return find_rule(rules, name);
}

}  // namespace scission::torchscript
