#include "torchscript/ops/op_costs.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "scission/base.hpp"
#include "torchscript/ops/rules.hpp"

namespace scission::torchscript {
namespace {

bool may_hold_tensors(const c10::IValue& value) {
  if (value.isTensor() || value.isTensorList()) return true;
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    return std::any_of(elements.begin(), elements.end(), may_hold_tensors);
  }
  // Optional tensors, lists of lists: assumed to hold tensors.
  return value.isList() && !value.isIntList() && !value.isDoubleList() && !value.isBoolList();
}

// Every output is a view of an input, and nothing is written.
bool is_view(const torch::jit::Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (schema == nullptr || schema->is_mutable() || schema->returns().empty()) return false;
  return std::all_of(schema->returns().begin(), schema->returns().end(),
                     [](const c10::Argument& made) { return made.alias_info() != nullptr; });
}

// Lists, tuples, constants, and operations that return no tensor: sizes, indices, comparisons.
bool moves_only(const OpCall& call) {
  const c10::Symbol kind = call.node().kind();
  if (kind == c10::prim::CallFunction || kind == c10::prim::CallMethod) return false;
  if (kind.is_prim()) return true;
  if (is_view(call.node())) return true;
  return std::none_of(call.outputs().begin(), call.outputs().end(), may_hold_tensors);
}

CostRule cost_rule(std::string_view name) {
  for (const auto& family :
       {matrix_rule, attention_rule, layer_rule, elementwise_rule, movement_rule}) {
    if (const CostRule rule = family(name); rule != nullptr) return rule;
  }
  return nullptr;
}

const std::set<std::string> product_layers = {"Conv2D", "DepthwiseConv2D", "Dense"};
const std::set<std::string> counted_layers = {"BatchNormalization", "ReLU", "MaxPooling2D",
                                              "AveragePooling2D"};

std::int64_t elements(c10::ArrayRef<std::int64_t> shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) count *= extent;
  return count;
}

OpCost sum(const std::vector<OpCost>& operations, bool products_only) {
  OpCost total;
  for (const OpCost& operation : operations) {
    if (products_only && operation.op_class != OpClass::product) continue;
    total.op_class = operation.op_class;
    total.flops += operation.flops;
    total.macs += operation.macs;
  }
  return total;
}

// The published tables count the depthwise part once for each output channel instead of each input
// channel: 2·Cout·H·W·(kernel + Cin).
OpCost separable(const std::vector<OpCost>& operations, c10::ArrayRef<std::int64_t> input_shape,
                 c10::ArrayRef<std::int64_t> output_shape) {
  OpCost total = sum(operations, /*products_only=*/true);
  for (const OpCost& operation : operations) {
    if (operation.op_class != OpClass::product) continue;
    const std::int64_t depthwise = operation.macs;
    const std::int64_t as_counted = depthwise / input_shape.at(1) * output_shape.at(1);
    total.macs += as_counted - depthwise;
    total.flops += 2 * (as_counted - depthwise);
    break;  // The first product is the depthwise one.
  }
  return total;
}

using c10::DispatchKey;

// Smaller tensors are written: a mapping would cost more.
constexpr std::size_t min_mapping_bytes = std::size_t{64} << 10;

std::size_t bytes_spanned(at::IntArrayRef sizes, at::IntArrayRef strides, std::size_t element) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    last += (sizes[i] - 1) * strides[i];
  }
  return static_cast<std::size_t>(last + 1) * element;
}

// Not calloc: LibTorch and the C library's allocator write zeros over memory that was used before.
void* map_zeros(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorCode::io,
                "no address space for a tensor of " + std::to_string(bytes) + " bytes");
  }
  return memory;
}

// A dense CPU tensor: not quantised, conjugated, nested, named or tracked for gradients.
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

// Nested tensors have no sizes.
bool has_nested(c10::ArrayRef<c10::IValue> values) {
  return std::any_of(values.begin(), values.end(), [](const c10::IValue& value) {
    return value.isTensor() && value.toTensor().defined() && value.toTensor().is_nested();
  });
}

// Autocast changes the types of outputs.
bool autocasts() { return !c10::impl::tls_is_dispatch_key_excluded(DispatchKey::AutocastCPU); }

ShapeRule shape_rule(std::string_view name) {
  for (const auto& family : {convolution_shape, normalisation_shape, pooling_shape, attention_shape,
                             shape_by_meta_kernel}) {
    if (const ShapeRule rule = family(name); rule != nullptr) return rule;
  }
  return nullptr;
}

bool is_eligible(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs) {
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
    return std::nullopt;  // The operation itself will report the error.
  }
}

at::Tensor zeros_like_meta(const at::Tensor& meta) {
  if (!meta.defined()) return {};
  return zero_tensor(meta.sizes(), meta.strides(), meta.scalar_type());
}

}  // namespace

std::optional<OpCost> op_cost(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
                              c10::ArrayRef<c10::IValue> outputs) {
  if (!node.blocks().empty()) return std::nullopt;
  if (has_nested(inputs) || has_nested(outputs)) return std::nullopt;
  const OpCall call(node, inputs, outputs);
  if (moves_only(call)) return OpCost{};
  const CostRule rule = node.kind().is_aten() ? cost_rule(call.name()) : nullptr;
  return rule == nullptr ? std::nullopt : rule(call);
}

OpCost keras_layer_cost(const std::string& type, const std::vector<OpCost>& operations,
                        c10::ArrayRef<std::int64_t> input_shape,
                        c10::ArrayRef<std::int64_t> output_shape) {
  if (type == "SeparableConv2D") return separable(operations, input_shape, output_shape);
  if (product_layers.contains(type)) return sum(operations, /*products_only=*/true);
  if (counted_layers.contains(type)) return sum(operations, /*products_only=*/false);
  if (type == "GlobalAveragePooling2D") {
    return {OpClass::pooling, input_shape.at(0) * input_shape.at(2) * input_shape.at(3), 0};
  }
  if (type == "Lambda") return {OpClass::arithmetic, 2 * elements(output_shape), 0};
  return {};
}

at::Tensor zero_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  const at::TensorOptions options = at::TensorOptions().dtype(type).device(at::kCPU);
  const std::size_t bytes = bytes_spanned(sizes, strides, c10::elementSize(type));
  if (bytes < min_mapping_bytes) return at::empty_strided(sizes, strides, options).zero_();
  void* memory = map_zeros(bytes);
  return at::from_blob(
      memory, sizes, strides, [bytes](void* mapped) { munmap(mapped, bytes); }, options);
}

std::optional<std::vector<at::Tensor>> fake_outputs(const torch::jit::Node& node,
                                                    c10::ArrayRef<c10::IValue> inputs) {
  if (!is_eligible(node, inputs)) return std::nullopt;
  const OpCall call(node, inputs);
  const ShapeRule rule = shape_rule(call.name());
  if (rule == nullptr) return std::nullopt;
  const Shapes shapes = shapes_of(rule, call);
  if (!shapes) return std::nullopt;
  std::vector<at::Tensor> outputs;
  for (const at::Tensor& shape : *shapes) outputs.push_back(zeros_like_meta(shape));
  return outputs;
}

}  // namespace scission::torchscript
