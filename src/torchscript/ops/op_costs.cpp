#include "torchscript/ops/op_costs.hpp"

#include <algorithm>

#include "torchscript/ops/cost_rules.hpp"

namespace scission::torchscript {
namespace {

bool holds_tensors(const c10::IValue& value) {
  if (value.isTensor() || value.isTensorList()) return true;
  if (value.isTuple()) {
    const auto& elements = value.toTupleRef().elements();
    return std::any_of(elements.begin(), elements.end(), holds_tensors);
  }
  // Optional tensors, lists of lists: rather too often than missed.
  return value.isList() && !value.isIntList() && !value.isDoubleList() && !value.isBoolList();
}

// Every output is a view of an input, and nothing is written.
bool is_view(const torch::jit::Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (schema == nullptr || schema->is_mutable() || schema->returns().empty()) return false;
  return std::all_of(schema->returns().begin(), schema->returns().end(),
                     [](const c10::Argument& made) { return made.alias_info() != nullptr; });
}

// Lists, tuples, constants, and whatever puts out no tensor: sizes, indices, comparisons of shapes.
bool moves_only(const OpCall& call) {
  const c10::Symbol kind = call.node().kind();
  if (kind == c10::prim::CallFunction || kind == c10::prim::CallMethod) return false;
  if (kind.is_prim()) return true;
  if (is_view(call.node())) return true;
  return std::none_of(call.outputs().begin(), call.outputs().end(), holds_tensors);
}

CostRule find_rule(std::string_view name) {
  for (const auto& family :
       {matrix_rule, attention_rule, layer_rule, elementwise_rule, movement_rule}) {
    if (const CostRule rule = family(name); rule != nullptr) return rule;
  }
  return nullptr;
}

}  // namespace

std::optional<OpCost> op_cost(const torch::jit::Node& node, c10::ArrayRef<c10::IValue> inputs,
                              c10::ArrayRef<c10::IValue> outputs) {
  if (!node.blocks().empty()) return std::nullopt;
  const OpCall call(node, inputs, outputs);
  if (moves_only(call)) return OpCost{};
  const CostRule rule = node.kind().is_aten() ? find_rule(call.name()) : nullptr;
  return rule == nullptr ? std::nullopt : rule(call);
}

}  // namespace scission::torchscript
