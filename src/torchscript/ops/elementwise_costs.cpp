// Activations, arithmetic on elements, and reductions.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "torchscript/ops/cost_rules.hpp"

namespace scission::torchscript {
namespace {

using Names = std::unordered_set<std::string_view>;

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
  // The greater of two tensors element by element goes by the name of a reduction.
  if (const at::Tensor* other = call.tensor("other");
      other != nullptr && call.output() != nullptr) {
    return OpCost{OpClass::arithmetic, on_floats(call) ? call.output()->numel() : 0, 0};
  }
  return of_input(call, OpClass::arithmetic, 1);
}

// Mean, difference, square and their sum.
std::optional<OpCost> variance_cost(const OpCall& call) {
  return of_input(call, OpClass::arithmetic, 4);
}

// One an element of the output; arithmetic on integers is none on floating-point numbers.
std::optional<OpCost> arithmetic_cost(const OpCall& call) {
  if (call.output() == nullptr) return std::nullopt;
  return OpCost{OpClass::arithmetic, on_floats(call) ? call.output()->numel() : 0, 0};
}

}  // namespace

CostRule elementwise_rule(std::string_view name) {
  if (activations.contains(name)) return activation_cost;
  if (softmaxes.contains(name)) return softmax_cost;
  if (arithmetic.contains(name)) return arithmetic_cost;
  if (reductions.contains(name)) return reduction_cost;
  if (variances.contains(name)) return variance_cost;
  return nullptr;
}

}  // namespace scission::torchscript
