// Convolutions and matrix products.
#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <unordered_map>

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

}  // namespace

CostRule matrix_rule(std::string_view name) {
  static const std::unordered_map<std::string_view, CostRule> rules = {
      {"conv1d", convolution},
      {"conv2d", convolution},
      {"conv3d", convolution},
      {"_convolution", convolution},
      {"_convolution_mode", convolution},
      {"convolution", convolution},
      {"convolution_overrideable", convolution},
      {"mkldnn_convolution", convolution},
      {"slow_conv3d", convolution},
      {"slow_conv_dilated2d", convolution},
      {"slow_conv_dilated3d", convolution},
      {"thnn_conv2d", convolution},
      {"_slow_conv2d_forward", convolution},
      {"_conv_depthwise2d", convolution},
      {"conv_depthwise3d", convolution},
      {"conv_transpose1d", transposed_convolution},
      {"conv_transpose2d", transposed_convolution},
      {"conv_transpose3d", transposed_convolution},
      {"slow_conv_transpose2d", transposed_convolution},
      {"slow_conv_transpose3d", transposed_convolution},
      {"linear", linear},
      {"mm", matrix_product},
      {"bmm", matrix_product},
      {"matmul", matrix_product},
      {"mv", matrix_product},
      {"dot", matrix_product},
      {"vdot", matrix_product},
      {"inner", matrix_product},
      {"addmm", added_product},
      {"_addmm_activation", added_product},
      {"addmv", added_vector_product},
      {"baddbmm", added_batch_product},
      {"addbmm", summed_batch_product},
      {"tensordot", tensor_product},
      {"einsum", einsum},
  };
  const auto rule = rules.find(name);
  return rule == rules.end() ? nullptr : rule->second;
}

}  // namespace scission::torchscript
