// Costs of convolutions, matrix products, normalisation, pooling and resampling; of activations,
// elementwise arithmetic and reductions; and of moving data.
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

std::optional<OpCost> convolution_cost(const OpCall& call) {
  return over(call.flag("transposed") ? call.input() : call.output(), call.tensor("weight"));
}

std::optional<OpCost> transposed_convolution_cost(const OpCall& call) {
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

using LetterExtents = std::map<char, std::int64_t>;

// Adds one operand's letters; false for what needs more than letters ("...", a diagonal "ii").
bool add_extents(const std::string& letters, const at::Tensor& operand, LetterExtents& extents) {
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
  LetterExtents extents;
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

const Names activations = {"relu",          "relu6",       "hardtanh",   "sigmoid",
                           "tanh",          "gelu",        "silu",       "hardswish",
                           "mish",          "hardsigmoid", "leaky_relu", "elu",
                           "selu",          "celu",        "softplus",   "prelu",
                           "_prelu_kernel", "glu",         "hardshrink", "softshrink",
                           "log_sigmoid",   "threshold",   "rrelu",      "log_sigmoid_forward",
                           "logit"};

const Names softmaxes = {"softmax", "log_softmax", "_softmax", "_log_softmax"};

const Names arithmetic = {
    "add",         "sub",         "rsub",         "mul",         "div",          "pow",
    "sqrt",        "rsqrt",       "exp",          "exp2",        "expm1",        "log",
    "log2",        "log10",       "log1p",        "clamp",       "clamp_min",    "clamp_max",
    "clip",        "neg",         "negative",     "abs",         "absolute",     "sign",
    "square",      "reciprocal",  "sin",          "cos",         "tan",          "asin",
    "acos",        "atan",        "atan2",        "sinh",        "cosh",         "erf",
    "erfc",        "floor",       "ceil",         "round",       "trunc",        "frac",
    "fmod",        "remainder",   "floor_divide", "true_divide", "subtract",     "multiply",
    "divide",      "maximum",     "minimum",      "fmax",        "fmin",         "where",
    "lerp",        "addcmul",     "addcdiv",      "eq",          "ne",           "lt",
    "le",          "gt",          "ge",           "equal",       "isnan",        "isinf",
    "isfinite",    "xlogy",       "hypot",        "cumsum",      "cumprod",      "logaddexp",
    "outer",       "ger",         "dist",         "cross",       "linalg_cross", "nan_to_num",
    "logical_not", "logical_and", "logical_or",   "logical_xor", "bitwise_not",  "bitwise_and",
    "bitwise_or",  "bitwise_xor", "__and__",      "__or__",      "__xor__"};

const Names reductions = {
    "sum",       "mean",         "prod", "max", "min",    "amax",    "amin", "aminmax",
    "argmax",    "argmin",       "all",  "any", "nansum", "nanmean", "norm", "linalg_vector_norm",
    "logsumexp", "count_nonzero"};

const Names variances = {"var", "std", "var_mean", "std_mean"};

bool on_floats(const OpCall& call) {
  return std::any_of(call.inputs().begin(), call.inputs().end(), [](const c10::IValue& value) {
    return value.isTensor() && value.toTensor().defined() &&
           (value.toTensor().is_floating_point() || value.toTensor().is_complex());
  });
}

std::optional<OpCost> of_input(const OpCall& call, OpClass op_class, std::int64_t flops) {
  if (call.input() == nullptr) return std::nullopt;
  return OpCost{op_class, on_floats(call) ? flops * call.input()->numel() : 0, 0};
}

std::optional<OpCost> activation_cost(const OpCall& call) {
  return of_input(call, OpClass::activation, 1);
}

std::optional<OpCost> softmax_cost(const OpCall& call) {
  return of_input(call, OpClass::activation, softmax_flops);
}

std::optional<OpCost> reduction_cost(const OpCall& call) {
  // The elementwise maximum of two tensors has the name of a reduction.
  if (const at::Tensor* other = call.tensor("other");
      other != nullptr && call.output() != nullptr) {
    return OpCost{OpClass::arithmetic, on_floats(call) ? call.output()->numel() : 0, 0};
  }
  return of_input(call, OpClass::arithmetic, 1);
}

// Mean, difference, square and sum.
std::optional<OpCost> variance_cost(const OpCall& call) {
  return of_input(call, OpClass::arithmetic, 4);
}

// One for each element of the output; integer arithmetic does not count as FLOPs.
std::optional<OpCost> arithmetic_cost(const OpCall& call) {
  if (call.output() == nullptr) return std::nullopt;
  return OpCost{OpClass::arithmetic, on_floats(call) ? call.output()->numel() : 0, 0};
}

// Operations that only create, copy, join, pad or select elements, and those that return lists.
// Views are recognised by their schema (op_costs.cpp).
const Names movements = {
    // creating
    "zeros", "ones", "full", "empty", "arange", "linspace", "eye", "tensor", "scalar_tensor",
    "zeros_like", "ones_like", "full_like", "empty_like", "empty_strided", "new_zeros", "new_ones",
    "new_full", "new_empty", "as_tensor", "rand", "randn", "rand_like", "randn_like", "range",
    "from_file", "fill", "zero", "one_hot", "triu_indices", "tril_indices",
    // copying
    "clone", "contiguous", "copy", "to", "_to_copy", "type_as", "detach", "alias", "cpu", "float",
    "double", "half", "int", "long", "bool", "expand", "repeat", "repeat_interleave", "tile",
    "reshape", "flatten", "view", "resize", "dropout", "feature_dropout", "alpha_dropout",
    "feature_alpha_dropout", "native_dropout", "broadcast_to", "broadcast_tensors", "result_type",
    "real", "imag", "view_as_real", "view_as_complex", "complex", "_shape_as_tensor",
    // containers
    "append", "list",
    // joining
    "cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "column_stack",
    "meshgrid", "cartesian_prod", "block_diag",
    // splitting
    "chunk", "split", "split_with_sizes", "unsafe_chunk", "unsafe_split", "tensor_split", "unbind",
    "hsplit", "vsplit", "dsplit", "unsafe_split_with_sizes",
    // padding and rearranging
    "pad", "constant_pad_nd", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d",
    "replication_pad1d", "replication_pad2d", "replication_pad3d", "_pad_circular", "flip",
    "fliplr", "flipud", "roll", "rot90", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle",
    "native_channel_shuffle", "im2col", "unfold", "unfold_copy", "tril", "triu", "diag",
    "diag_embed", "upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d",
    "_upsample_nearest_exact1d", "_upsample_nearest_exact2d", "_upsample_nearest_exact3d",
    // selecting
    "embedding", "gather", "index", "index_select", "take", "take_along_dim", "masked_select",
    "masked_fill", "index_put", "_index_put_impl", "index_fill", "index_copy", "scatter",
    "masked_scatter", "nonzero", "nonzero_numpy", "slice_scatter", "select_scatter"};

std::optional<OpCost> no_cost(const OpCall&) { return OpCost{}; }

}  // namespace

CostRule matrix_rule(std::string_view name) {
  static const RuleTable<CostRule> rules = {
      {convolution_cost,
       {"conv1d", "conv2d", "conv3d", "_convolution", "_convolution_mode", "convolution",
        "convolution_overrideable", "mkldnn_convolution", "slow_conv3d", "slow_conv_dilated2d",
        "slow_conv_dilated3d", "thnn_conv2d", "_slow_conv2d_forward", "_conv_depthwise2d",
        "conv_depthwise3d"}},
      {transposed_convolution_cost,
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

CostRule elementwise_rule(std::string_view name) {
  if (activations.contains(name)) return activation_cost;
  if (softmaxes.contains(name)) return softmax_cost;
  if (arithmetic.contains(name)) return arithmetic_cost;
  if (reductions.contains(name)) return reduction_cost;
  if (variances.contains(name)) return variance_cost;
  return nullptr;
}

CostRule movement_rule(std::string_view name) {
  return movements.contains(name) ? no_cost : nullptr;
}

}  // namespace scission::torchscript
