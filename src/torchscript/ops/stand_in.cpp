#include "torchscript/ops/stand_in.hpp"

#include <algorithm>

#include "torchscript/ops/shape_rules.hpp"
#include "torchscript/ops/zero_tensor.hpp"

namespace scission::torchscript {
namespace {

using c10::DispatchKey;

// A tensor of which nothing is special: strided, in memory, no quantised, conjugated, nested,
// named or tracked one.
bool is_plain(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.layout() == at::kStrided && !tensor.is_nested() &&
         !tensor.is_quantized() && !tensor.is_complex() && !tensor.is_neg() &&
         !tensor._is_zerotensor() && !tensor.has_names() && tensor.numel() > 0 &&
         !(at::GradMode::is_enabled() && tensor.requires_grad());
}

bool is_ordinary(const c10::IValue& value) {
  if (value.isTensor()) return !value.toTensor().defined() || is_plain(value.toTensor());
  return !value.isTensorList() && !value.isObject();
}

// Autocast would change the types.
bool autocasts() { return !c10::impl::tls_is_dispatch_key_excluded(DispatchKey::AutocastCPU); }

ShapeRule find_rule(std::string_view name) {
  for (const auto& family : {convolution_shape, normalisation_shape, pooling_shape, attention_shape,
                             shape_by_meta_kernel}) {
    if (const ShapeRule rule = family(name); rule != nullptr) return rule;
  }
  return nullptr;
}

bool can_stand_in(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (!node.kind().is_aten() || schema == nullptr || schema->is_mutable()) return false;
  if (inputs.empty() || !inputs[0].isTensor() || autocasts()) return false;
  if (!std::all_of(inputs.begin(), inputs.end(), is_ordinary)) return false;
  return inputs[0].toTensor().defined() && inputs[0].toTensor().is_floating_point();
}

Shapes shapes_of(ShapeRule rule, const OpCall& call) {
  try {
    return rule(call);
  } catch (const c10::Error&) {
    return std::nullopt;  // The operation itself will complain, and in its own words.
  }
}

at::Tensor zeros_like_meta(const at::Tensor& meta) {
  if (!meta.defined()) return {};
  return zero_tensor(meta.sizes(), meta.strides(), meta.scalar_type());
}

}  // namespace

std::optional<std::vector<at::Tensor>> stand_in(const torch::jit::Node& node,
                                                c10::ArrayRef<c10::IValue> inputs) {
  if (!can_stand_in(node, inputs)) return std::nullopt;
  const OpCall call(node, inputs);
  const ShapeRule rule = find_rule(call.name());
  if (rule == nullptr) return std::nullopt;
  const Shapes shapes = shapes_of(rule, call);
  if (!shapes) return std::nullopt;
  std::vector<at::Tensor> made;
  for (const at::Tensor& shape : *shapes) made.push_back(zeros_like_meta(shape));
  return made;
}

}  // namespace scission::torchscript
