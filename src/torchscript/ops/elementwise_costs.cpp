// Costs of activations, elementwise arithmetic, reductions, and of moving data.
#include <algorithm>

#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

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
