#include "torchscript/trace/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "scission/base/error.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/trace/layers.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

bool any_holds_tensors(const std::vector<c10::IValue>& values) {
  return std::any_of(values.begin(), values.end(), holds_tensors);
}

bool is_defined_tensor(const c10::IValue& value) {
  return value.isTensor() && value.toTensor().defined();
}

bool share_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.defined() && b.defined() && a.has_storage() && b.has_storage() && a.is_alias_of(b);
}

// The index of the input that the output, or its first tensor, is a view of.
std::optional<std::size_t> viewed_input(const c10::IValue& output,
                                        const std::vector<c10::IValue>& inputs) {
  const std::vector<at::Tensor> tensors = tensors_in(output);
  if (tensors.empty()) return std::nullopt;
  const auto viewed = std::find_if(inputs.begin(), inputs.end(), [&](const c10::IValue& input) {
    return input.isTensor() && share_memory(input.toTensor(), tensors.front());
  });
  if (viewed == inputs.end()) return std::nullopt;
  return static_cast<std::size_t>(viewed - inputs.begin());
}

// Whether every segment of the model has, or can recreate, this value without data.
bool is_fixed(const Value* value, const ValueInfos& infos) {
  const Node* node = value->node();
  if (node->kind() == prim::Constant) return true;
  if (is_pack(value)) {
    return std::all_of(node->inputs().begin(), node->inputs().end(),
                       [&](const Value* part) { return is_fixed(part, infos); });
  }
  const auto info = infos.find(value);
  return info != infos.end() && info->second.kind == ValueKind::fixed;
}

// Whether running the operation again costs nothing and needs only the viewed tensor (for a fixed
// value not even that).
bool can_rematerialise(const ExecutedOperation& operation, std::optional<std::size_t> viewed,
                       const ValueInfos& infos) {
  const Node& node = *operation.code;
  if (!viewed && operation.depends.on_data) return false;
  if (!node.blocks().empty() || has_writes(node) || node.isNondeterministic()) return false;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    if (i != viewed && !is_fixed(node.inputs()[i], infos)) return false;
  }
  return true;
}

void describe_tensor(ValueInfo& info, const at::Tensor& tensor) {
  info.dtype = dtype_name(tensor.scalar_type());
  info.shape = tensor.sizes().vec();
  info.bytes = tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
}

ValueInfo info_of(Value& output, const c10::IValue& value, const ExecutedOperation& operation,
                  const ValueInfos& infos) {
  ValueInfo info;
  const bool is_tensor = is_defined_tensor(value);
  if (is_tensor) describe_tensor(info, value.toTensor());
  if (!operation.depends.on_data) {
    info.kind = ValueKind::fixed;
    const bool is_scalar = is_tensor && value.toTensor().numel() == 1;
    if (!holds_tensors(value) || is_scalar) info.constant = value;
  } else if (!is_tensor) {
    info.kind = ValueKind::opaque;
    info.why_opaque = holds_tensors(value) ? "a list of tensors" : "a number computed from data";
  }

  const auto viewed = viewed_input(value, operation.inputs);
  info.memory = is_tensor ? &output : nullptr;
  if (viewed) {
    Value* source = operation.code->inputs()[*viewed];
    const auto known = infos.find(source);
    info.memory = known == infos.end() ? nullptr : known->second.memory;
    if (known != infos.end()) info.view_of = source;
  }
  info.can_rematerialise = can_rematerialise(operation, viewed, infos);
  return info;
}

// A weight, or a view of one, that the model changes would differ on the next run.
void require_no_weight_change(Node& code, const ValueInfos& infos) {
  for (const Value* value : written_inputs_of(code)) {
    const auto info = infos.find(value);
    if (info != infos.end() && info->second.memory) continue;
    throw Error(ErrorCode::unsupported,
                fmt::format("keeps state: it changes '{}' while it runs", value->debugName()),
                describe(code));
  }
}

// Values whose memory is changed in place are not determined by their operation alone: they are
// neither constants nor rematerialisable.
void resolve_aliasing(Trace& trace) {
  std::unordered_set<const Value*> changed;
  for (const Step& step : trace.steps) {
    for (const Value* value : step.writes) {
      if (const ValueInfo* info = trace.info(value); info && info->memory) {
        changed.insert(info->memory);
      }
    }
  }
  for (auto& [value, info] : trace.infos) {
    if (info.kind != ValueKind::fixed || !changed.contains(info.memory)) continue;
    info.kind = ValueKind::tensor;
    info.can_rematerialise = false;
    info.constant = {};
  }
}

}  // namespace

Value* Recorder::add_input(const Value& argument, const at::Tensor& tensor) {
  Value* input = code_->addInput();
  if (argument.hasDebugName()) input->setDebugName(argument.debugName());
  input->setType(c10::TensorType::get());
  ValueInfo& info = infos_[input];
  describe_tensor(info, tensor);
  info.memory = input;
  return input;
}

Value* Recorder::add_constant(Node& constant) {
  return code_->insertNode(code_->createClone(&constant, nullptr))->output();
}

Value* Recorder::add_weight(const void* owner, const std::string& path, const at::Tensor& weight) {
  Value*& code = weights_[{owner, path}];
  if (!code) {
    code = code_->insertConstant(weight);
    code->setDebugName(path);
  }
  return code;
}

Node* Recorder::append(Node& operation, const CopyOf& copy_of) {
  Node* code = code_->insertNode(code_->createClone(&operation, copy_of));
  require_no_weight_change(*code, infos_);
  return code;
}

std::vector<SymbolicValue> Recorder::record(const ExecutedOperation& operation) {
  Node& code = *operation.code;
  Step step{&code, operation.source, OpCost{}, writes_of(code)};
  if (any_holds_tensors(operation.inputs) || any_holds_tensors(operation.outputs)) {
    step.cost = op_cost(code, operation.inputs, operation.outputs);
  }
  steps_[&code] = std::move(step);
  std::vector<SymbolicValue> outputs;
  for (std::size_t i = 0; i < operation.outputs.size(); ++i) {
    outputs.push_back(output(code.outputs()[i], operation.outputs[i], operation));
  }
  return outputs;
}

SymbolicValue Recorder::output(Value* code, const c10::IValue& value,
                               const ExecutedOperation& operation) {
  infos_[code] = info_of(*code, value, operation, infos_);
  const bool has_known_length =
      holds_tensors(value) ? !operation.depends.shape_on_data : !operation.depends.on_data;
  if (value.isList() && has_known_length) return unpacked_list(code, value, operation);
  SymbolicValue output = constant_value(value);
  output.code = code;
  output.depends = operation.depends;
  return output;
}

SymbolicValue Recorder::unpacked_list(Value* code, const c10::IValue& value,
                                      const ExecutedOperation& operation) {
  const c10::List<c10::IValue> list = value.toList();
  SymbolicValue whole = container_value(code->type(), {});
  whole.depends.shape_on_data = operation.depends.shape_on_data;
  if (list.empty()) return whole;
  Node* unpack = code_->insertNode(code_->create(prim::ListUnpack, {code}, list.size()));
  for (std::size_t i = 0; i < list.size(); ++i) {
    unpack->outputs()[i]->setType(code->type()->expectRef<c10::ListType>().getElementType());
    whole.container->elements.push_back(output(unpack->outputs()[i], list.get(i), operation));
  }
  return whole;
}

Trace Recorder::finish() && {
  const Nodes recorded(code_->nodes().begin(), code_->nodes().end());
  for (auto node = recorded.rbegin(); node != recorded.rend(); ++node) {
    const auto step = steps_.find(*node);
    const bool writes = step != steps_.end() && !step->second.writes.empty();
    if (!(*node)->hasUses() && !writes && !(*node)->hasSideEffects()) (*node)->destroy();
  }
  Trace trace{std::move(code_), std::move(infos_), {}, {}};
  for (Node* node : trace.code->nodes()) {
    if (node->kind() == prim::Constant) continue;
    const auto step = steps_.find(node);
    trace.steps.push_back(step != steps_.end() ? step->second : Step{node, nullptr, OpCost{}, {}});
    if (!trace.steps.back().cost) trace.uncounted.insert(node->kind().toQualString());
  }
  resolve_aliasing(trace);
  return trace;
}

}  // namespace scission::torchscript
