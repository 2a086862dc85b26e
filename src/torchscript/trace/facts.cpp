#include "torchscript/trace/facts.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "torchscript/common/tensors.hpp"
#include "torchscript/trace/subgraph.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

bool share_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() && b.defined() && a.has_storage() && b.has_storage() && a.is_alias_of(b);
}

// Which of the call's inputs the tensor, or the first tensor of a list, is a view of; −1 for none.
int viewed_input(const c10::IValue& output, const std::vector<c10::IValue>& inputs) {
  const std::vector<at::Tensor> made = tensors_in(output);
  if (made.empty()) return -1;
  const auto viewed = std::find_if(inputs.begin(), inputs.end(), [&](const c10::IValue& input) {
    return input.isTensor() && share_memory(input.toTensor(), made.front());
  });
  return viewed == inputs.end() ? -1 : static_cast<int>(viewed - inputs.begin());
}

// Whether every part of the model has, or can have, this value by itself.
bool is_fixed(const Value* value, const Facts& facts) {
  const Node* node = value->node();
  if (node->kind() == prim::Constant) return true;
  if (is_pack(value)) {
    return std::all_of(node->inputs().begin(), node->inputs().end(),
                       [&](const Value* part) { return is_fixed(part, facts); });
  }
  const auto fact = facts.find(value);
  return fact != facts.end() && fact->second.kind == ValueKind::fixed;
}

bool writes_anything(const Node* node) {
  if (const auto* schema = node->maybeSchema(); schema && schema->is_mutable()) return true;
  return std::any_of(node->blocks().begin(), node->blocks().end(), [](const auto* block) {
    return std::any_of(block->nodes().begin(), block->nodes().end(),
                       [](const Node* inner) { return writes_anything(inner); });
  });
}

// Running the operation again costs nothing and needs nothing but the tensor that is viewed (and
// for what is the same on every run, not even that).
bool can_replay(const Call& call, int viewed, const Facts& facts) {
  Node* node = call.code;
  if (viewed < 0 && call.from_data) return false;
  if (!node->blocks().empty() || writes_anything(node) || node->isNondeterministic()) return false;
  for (int i = 0; i < static_cast<int>(node->inputs().size()); ++i) {
    if (i != viewed && !is_fixed(node->inputs()[i], facts)) return false;
  }
  return true;
}

void describe_tensor(Fact& fact, const at::Tensor& tensor) {
  fact.dtype = dtype_name(tensor.scalar_type());
  fact.shape = tensor.sizes().vec();
  fact.bytes = tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
}

ValueKind kind_of(const c10::IValue& value, const Call& call) {
  if (!call.from_data) return ValueKind::fixed;
  return value.isTensor() && value.toTensor().defined() ? ValueKind::tensor : ValueKind::opaque;
}

const std::unordered_set<std::string_view> in_place_activations = {
    "aten::relu_",           "aten::relu6_",     "aten::hardtanh_",
    "aten::silu_",           "aten::gelu_",      "aten::hardswish_",
    "aten::hardsigmoid_",    "aten::sigmoid_",   "aten::tanh_",
    "aten::leaky_relu_",     "aten::elu_",       "aten::celu_",
    "aten::selu_",           "aten::mish_",      "aten::clamp_",
    "aten::clamp_min_",      "aten::clamp_max_", "aten::dropout_",
    "aten::feature_dropout_"};
const std::unordered_set<std::string_view> in_place_arithmetic = {"aten::add_", "aten::sub_",
                                                                  "aten::mul_", "aten::div_"};

bool changes_first_alone(const Node& node, const std::vector<c10::IValue>& inputs) {
  const std::string_view name = node.kind().toQualString();
  if (in_place_activations.contains(name)) return true;
  if (!in_place_arithmetic.contains(name) || inputs.size() < 2 || !inputs[1].isTensor()) {
    return false;
  }
  const at::Tensor& left = inputs[0].toTensor();
  const at::Tensor& right = inputs[1].toTensor();
  return left.sizes() == right.sizes() && left.scalar_type() == right.scalar_type();
}

bool is_tensor(const Value* value) {
  return value->type()->isSubtypeOf(*c10::TensorType::get()) &&
         value->node()->kind() != prim::Constant;
}

}  // namespace

Fact fact_of_input(Value& input, const at::Tensor& tensor) {
  Fact fact;
  describe_tensor(fact, tensor);
  fact.memory = &input;
  return fact;
}

Fact fact_of(Value& output, const c10::IValue& value, const Call& call, const Facts& facts) {
  Fact fact;
  fact.kind = kind_of(value, call);
  const bool tensor = value.isTensor() && value.toTensor().defined();
  if (tensor) describe_tensor(fact, value.toTensor());
  if (fact.kind == ValueKind::opaque) {
    fact.why_opaque = holds_tensors(value) ? "a list of tensors" : "a number computed from data";
  }
  const bool scalar = tensor && value.toTensor().numel() == 1;
  if (fact.kind == ValueKind::fixed && (!holds_tensors(value) || scalar)) fact.constant = value;

  const int viewed = viewed_input(value, call.inputs);
  fact.memory = tensor ? &output : nullptr;
  if (viewed >= 0) {
    Value* source = call.code->inputs()[viewed];
    const auto known = facts.find(source);
    fact.memory = known == facts.end() ? nullptr : known->second.memory;
    if (known != facts.end()) fact.view_of = source;
  }
  fact.can_replay = can_replay(call, viewed, facts);
  return fact;
}

Values writes_of(Node* node) {
  Values writes;
  if (!node->blocks().empty()) {
    if (!writes_anything(node)) return writes;
    for (Value* value : outside_reads({node})) {
      if (is_tensor(value)) writes.push_back(value);
    }
    return writes;
  }
  const auto* schema = node->maybeSchema();
  if (!schema || !schema->is_mutable()) return writes;
  const auto& arguments = schema->arguments();
  for (std::size_t i = 0; i < std::min(arguments.size(), node->inputs().size()); ++i) {
    const auto* alias = arguments[i].alias_info();
    if (alias && alias->isWrite() && is_tensor(node->inputs()[i])) {
      writes.push_back(node->inputs()[i]);
    }
  }
  return writes;
}

std::optional<c10::IValue> change_in_place(const Node& node,
                                           const std::vector<c10::IValue>& inputs) {
  if (inputs.empty() || !inputs[0].isTensor() || !changes_first_alone(node, inputs)) {
    return std::nullopt;
  }
  inputs[0].toTensor().unsafeGetTensorImpl()->bump_version();
  return inputs[0];
}

bool holds_tensors(const c10::IValue& value) { return !tensors_in(value).empty(); }

bool handles_tensors(const std::vector<c10::IValue>& values) {
  return std::any_of(values.begin(), values.end(), holds_tensors);
}

bool gives_fixed_numbers(const Node& node, const Facts& facts) {
  if (node.outputs().empty() || !node.blocks().empty() || writes_anything(&node)) return false;
  return std::all_of(node.outputs().begin(), node.outputs().end(), [&](const Value* output) {
    const auto fact = facts.find(output);
    return fact != facts.end() && fact->second.kind == ValueKind::fixed &&
           !fact->second.constant.isNone();
  });
}

void settle_changed_memory(Trace& trace) {
  std::unordered_set<const Value*> changed;
  for (const Step& step : trace.steps) {
    for (const Value* value : step.writes) {
      const auto fact = trace.facts.find(value);
      if (fact != trace.facts.end()) changed.insert(fact->second.memory);
    }
  }
  changed.erase(nullptr);
  for (auto& [value, fact] : trace.facts) {
    if (fact.kind != ValueKind::fixed || !changed.contains(fact.memory)) continue;
    fact.kind = ValueKind::tensor;
    fact.can_replay = false;
    fact.constant = {};
  }
}

}  // namespace scission::torchscript
