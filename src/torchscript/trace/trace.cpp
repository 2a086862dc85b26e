#include "torchscript/trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/passes/freeze_module.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <unordered_set>

#include "scission/base/error.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/trace/interpreter.hpp"
#include "torchscript/trace/read_model.hpp"

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

void prepare(torch::jit::Module& module, const std::string& place) {
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::unsupported, "has no forward() method", place);
  }
  module.eval();
}

std::vector<ModelArgument> arguments_of(const torch::jit::Module& module) {
  std::vector<ModelArgument> all;
  const auto& arguments = module.get_method("forward").function().getSchema().arguments();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    // The compiler renames "x" to "x.1".
    const std::string& numbered = arguments[i].name();
    all.push_back({numbered.substr(0, numbered.find('.')), std::nullopt});
    // Assigned only if present: LibTorch's optional would convert to an IValue that is None.
    if (const auto& value = arguments[i].default_value()) all.back().default_value = *value;
  }
  return all;
}

torch::jit::Module freeze(const torch::jit::Module& module, const std::string& place) {
  try {
    return torch::jit::freeze_module(module);
  } catch (const std::exception& error) {
    throw Error(ErrorCode::unsupported, fmt::format("cannot be frozen: {}", one_line(error)),
                place);
  }
}

// After freezing, only attributes that the model assigns to while it runs are still read.
void require_stateless(const torch::jit::Value* self, const std::string& place) {
  if (!self->hasUses()) return;
  const torch::jit::Node* user = self->uses().front().user;
  const bool named = user->hasAttribute(c10::attr::name);
  throw Error(ErrorCode::unsupported,
              fmt::format("keeps state that freezing cannot fold into constants ('{}')",
                          named ? user->s(c10::attr::name) : user->kind().toQualString()),
              place);
}

std::string shapes_of(const std::vector<at::Tensor>& inputs) {
  std::vector<std::string> texts;
  for (const at::Tensor& input : inputs) {
    texts.push_back(fmt::format("{}", fmt::join(input.sizes(), "x")));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool takes_tensor(const torch::jit::Value& argument) {
  const auto& type = argument.type();
  if (const auto optional = type->cast<c10::OptionalType>()) {
    return optional->getElementType()->isSubtypeOf(*c10::TensorType::get());
  }
  return type->isSubtypeOf(*c10::TensorType::get());
}

SymbolicValue argument_value(const torch::jit::Value& argument, const ModelArgument& declared,
                             const at::Tensor* given, const std::string& place) {
  if (given && takes_tensor(argument)) {
    SymbolicValue value = constant_value(given->clone());
    value.depends.on_data = true;
    return value;
  }
  if (!given && declared.default_value) return constant_value(*declared.default_value);
  throw Error(given ? ErrorCode::unsupported : ErrorCode::mismatch,
              fmt::format("forward() takes '{}', a {}{}", declared.name, argument.type()->str(),
                          given ? "; only tensors can be given"
                                : ", which was not given: name its shape too"),
              place);
}

// One value for each argument: the inputs, then defaults.
std::vector<SymbolicValue> argument_values(const ModelCode& code, const std::string& place,
                                           const std::vector<at::Tensor>& inputs) {
  const std::size_t skipped = code.self ? 1 : 0;
  const std::size_t count = code.graph->inputs().size() - skipped;
  if (inputs.size() > count) {
    throw Error(ErrorCode::mismatch,
                fmt::format("forward() takes {} {}, and {} were given", count,
                            count == 1 ? "input" : "inputs", inputs.size()),
                place);
  }
  std::vector<SymbolicValue> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(argument_value(*code.graph->inputs()[i + skipped], code.arguments.at(i),
                                    i < inputs.size() ? &inputs[i] : nullptr, place));
  }
  return values;
}

Trace interpret(const ModelCode& code, const std::string& place,
                const std::vector<at::Tensor>& inputs, Numbers numbers) {
  Interpreter interpreter(code, numbers);
  std::vector<SymbolicValue> arguments = argument_values(code, place, inputs);
  try {
    return interpreter.run(std::move(arguments), inputs.size());
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}, {}", place, error.place()));
  } catch (const std::exception& error) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("does not run on an input of shape {}: {}", shapes_of(inputs), one_line(error)),
        fmt::format("{}, {}", place, interpreter.where()));
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

ModelCode inlined_code(torch::jit::Module module, const std::string& name) {
  prepare(module, "model " + name);
  ModelCode code{module.get_method("forward").graph()->copy(), module, arguments_of(module)};
  torch::jit::Inline(*code.graph);
  return code;
}

ModelCode frozen_code(torch::jit::Module module, const std::string& name) {
  const std::string place = "model " + name;
  prepare(module, place);
  ModelCode code{freeze(module, place).get_method("forward").graph()->copy(), std::nullopt,
                 arguments_of(module)};
  require_stateless(code.graph->inputs().at(0), place);
  code.graph->eraseInput(0);
  return code;
}

const ValueInfo* Trace::info(const torch::jit::Value* value) const {
  const auto found = infos.find(value);
  return found == infos.end() ? nullptr : &found->second;
}

bool Trace::is_fixed(const torch::jit::Value* value) const {
  const ValueInfo* known = info(value);
  return known && known->kind == ValueKind::fixed;
}

bool Trace::yields_fixed_numbers(const torch::jit::Node& node) const {
  if (node.outputs().empty() || !node.blocks().empty() || has_writes(node)) return false;
  return std::all_of(node.outputs().begin(), node.outputs().end(),
                     [&](const torch::jit::Value* output) {
                       return is_fixed(output) && !info(output)->constant.isNone();
                     });
}

Trace trace(const ModelCode& code, const std::string& name, const std::vector<at::Tensor>& inputs) {
  // Not InferenceMode: its tensors have no version counter, which reveals changes in place.
  const at::NoGradGuard no_grad;
  const std::string place = "model " + name;
  try {
    return interpret(code, place, inputs, Numbers::fake);
  } catch (const NumbersNeeded&) {
    return interpret(code, place, inputs, Numbers::real);
  }
}

}  // namespace scission::torchscript
