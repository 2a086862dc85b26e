#include "torchscript/ops/op_costs.hpp"

#include <algorithm>
#include <set>

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

}  // namespace

std::optional<OpCost> op_cost(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
                              c10::ArrayRef<c10::IValue> outputs) {
  if (!node.blocks().empty()) return std::nullopt;
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

}  // namespace scission::torchscript
