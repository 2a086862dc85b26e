#include "torchscript/trace/trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/passes/inline_fork_wait.h>

#include <algorithm>
#include <unordered_set>

#include "scission/base.hpp"
#include "torchscript/common/forward.hpp"
#include "torchscript/common/libtorch.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/trace/attributes.hpp"
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

// The input of the operation, a list or dict that data decides, which the tensor is an element of.
const Value* container_with(const c10::IValue& output, const ExecutedOperation& operation,
                            const ValueInfos& infos) {
  if (!is_defined_tensor(output)) return nullptr;
  for (std::size_t i = 0; i < operation.inputs.size(); ++i) {
    if (operation.inputs[i].isTensor()) continue;
    const std::vector<at::Tensor> elements = tensors_in(operation.inputs[i]);
    const bool is_element = std::any_of(
        elements.begin(), elements.end(),
        [&](const at::Tensor& element) { return share_memory(element, output.toTensor()); });
    const Value* container = operation.code->inputs()[i];
    if (is_element && infos.contains(container)) return container;
  }
  return nullptr;
}

// Whether every segment of the model has, or can recreate, this value without data.
bool is_fixed(const Value* value, const ValueInfos& infos) {
  const Node* node = value->node();
  if (is_constant(value)) return true;
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
  if (tensor.is_nested()) return;  // which has no sizes
  info.shape = tensor.sizes().vec();
  info.bytes = tensor.numel() * static_cast<std::int64_t>(tensor.element_size());
  info.fills_memory = tensor.has_storage() && tensor.storage_offset() == 0 &&
                      tensor.is_non_overlapping_and_dense() &&
                      static_cast<std::int64_t>(tensor.storage().nbytes()) == info.bytes;
}

// Why the bytes of the tensor's elements do not say everything about it; null where they do. A
// quantised tensor crosses as integers, to which scale and zero point are added as constants.
const char* why_uncrossable(const at::Tensor& tensor, const ExecutedOperation& operation) {
  if (tensor.is_nested() || tensor.layout() != at::kStrided || !tensor.has_storage())
    return "a sparse or nested tensor";
  if (!tensor.is_quantized()) return nullptr;
  if (tensor.qscheme() != at::kPerTensorAffine) return "a tensor quantised by channel";
  const bool is_dynamic =
      operation.depends.shape_on_data || operation.code->kind().toQualString() ==
                                             std::string_view("aten::quantize_per_tensor_dynamic");
  return is_dynamic ? "a tensor whose quantisation is computed from data" : nullptr;
}

constexpr std::string_view nested_by_data = "a tensor that may be nested, as data decides";

// Whether it is one of these operations, or runs one in a branch or loop.
bool runs_any(const Node& node, const std::unordered_set<std::string_view>& names) {
  if (names.contains(node.kind().toQualString())) return true;
  return std::any_of(node.blocks().begin(), node.blocks().end(), [&](const auto* block) {
    return std::any_of(block->nodes().begin(), block->nodes().end(),
                       [&](const Node* inner) { return runs_any(*inner, names); });
  });
}

// Whether its tensors are nested for some inputs, even if they are not for this one.
bool may_be_nested(Node& node, const ValueInfos& infos) {
  static const std::unordered_set<std::string_view> makers = {"aten::_nested_tensor_from_mask",
                                                              "aten::_nested_from_padded"};
  static const std::unordered_set<std::string_view> padders = {"aten::to_padded_tensor",
                                                               "aten::nested_to_padded_tensor"};
  if (runs_any(node, padders)) return false;
  if (runs_any(node, makers)) return true;
  const Values reads = node.blocks().empty() ? node.inputs().vec() : outside_reads({&node});
  return std::any_of(reads.begin(), reads.end(), [&](const Value* read) {
    const auto info = infos.find(read);
    return info != infos.end() && info->second.opaque_reason == nested_by_data;
  });
}

// Why the tensor does not cross a cut, even if its elements say everything about it for this input.
std::string_view why_undecided(const Value& output, Node& node, const ValueInfos& infos) {
  if (output.type()->kind() == c10::TypeKind::OptionalType) {
    return "a tensor or None, as data decides";
  }
  return may_be_nested(node, infos) ? nested_by_data : std::string_view();
}

ValueInfo info_of(Value& output, const c10::IValue& value, const ExecutedOperation& operation,
                  const ValueInfos& infos) {
  ValueInfo info;
  const bool is_tensor = is_defined_tensor(value);
  if (is_tensor) describe_tensor(info, value.toTensor());
  if (is_tensor && operation.depends.shape_on_data && !info.shape.empty()) {
    info.bytes_seen = ByteRange{info.bytes, info.bytes};
  }
  if (!operation.depends.on_data) {
    info.kind = ValueKind::fixed;
    const bool is_scalar =
        is_tensor && !value.toTensor().is_nested() && value.toTensor().numel() == 1;
    if (!holds_tensors(value) || is_scalar) info.constant = value;
  } else if (!is_tensor) {
    info.kind = ValueKind::opaque;
    info.opaque_reason = holds_tensors(value) ? "a list of tensors" : "a number computed from data";
  } else if (const char* const reason = why_uncrossable(value.toTensor(), operation)) {
    info.kind = ValueKind::opaque;
    info.opaque_reason = reason;
  } else if (const auto why = why_undecided(output, *operation.code, infos); !why.empty()) {
    info.kind = ValueKind::opaque;
    info.opaque_reason = why;
  }

  const auto viewed = viewed_input(value, operation.inputs);
  info.memory = holds_tensors(value) ? &output : nullptr;
  if (viewed) {
    Value* source = operation.code->inputs()[*viewed];
    const auto known = infos.find(source);
    info.memory = known == infos.end() ? nullptr : known->second.memory;
    if (known != infos.end()) info.view_of = source;
  } else if (const Value* container = container_with(value, operation, infos)) {
    info.memory = infos.at(container).memory;
  }
  info.can_rematerialise = can_rematerialise(operation, viewed, infos);
  return info;
}

// The weight that the value is, or is a view of.
std::string weight_of(const Value* value) {
  while (!is_constant(value) && !value->node()->inputs().empty()) {
    value = value->node()->inputs()[0];
  }
  return value->hasDebugName() ? value->debugName() : "weights";
}

// A weight, or a view of one, that the model changes would differ on the next run.
void require_no_weight_change(Node& code, const Node& source, const ValueInfos& infos) {
  for (const Value* value : written_by(code)) {
    const auto info = infos.find(value);
    if (info != infos.end() && info->second.memory) continue;
    throw Error(ErrorCode::unsupported,
                fmt::format("keeps state: it changes its '{}' in place while it runs; change a "
                            "clone() of it, or pass it as an argument and a result of forward()",
                            weight_of(value)),
                describe(source));
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
  // In the order of the code, because what is computed from such a value is not fixed either.
  std::unordered_set<const Value*> varying;
  for (const Node* node : trace.code->nodes()) {
    const bool reads_varying =
        std::any_of(node->inputs().begin(), node->inputs().end(),
                    [&](const Value* input) { return varying.contains(input); });
    for (const Value* output : node->outputs()) {
      const auto found = trace.infos.find(output);
      if (found == trace.infos.end()) {  // a pack of other values
        if (reads_varying) varying.insert(output);
        continue;
      }
      ValueInfo& info = found->second;
      const bool is_changed = changed.contains(info.memory);
      if (info.kind != ValueKind::fixed || (!is_changed && !reads_varying)) continue;
      if (!is_changed && !info.constant.isNone()) continue;
      info.kind = info.dtype.empty() ? ValueKind::opaque : ValueKind::tensor;
      if (info.dtype.empty()) info.opaque_reason = "a list of tensors";
      info.can_rematerialise = info.can_rematerialise && !is_changed && info.view_of;
      info.constant = {};
      varying.insert(output);
    }
  }
}

// What as_strided() reads of a tensor with gaps, or of a part of its memory, does not cross a cut.
void resolve_layouts(Trace& trace) {
  for (const Step& step : trace.steps) {
    if (!reads_layout(*step.node)) continue;
    const Value* value = step.node->inputs().at(0);
    for (auto info = trace.infos.find(value); info != trace.infos.end();
         info = trace.infos.find(value)) {
      if (!info->second.fills_memory && info->second.kind == ValueKind::tensor) {
        info->second.kind = ValueKind::opaque;
        info->second.opaque_reason =
            fmt::format("{} reads its layout in memory", step.node->kind().toQualString());
      }
      value = info->second.view_of;
    }
  }
}

void prepare(torch::jit::Module& module, const std::string& place) {
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::unsupported, "has no forward() method", place);
  }
  module.eval();
  apply_autocast(module, place);
}

std::string shapes_of(const std::vector<at::Tensor>& inputs) {
  std::vector<std::string> texts;
  for (const at::Tensor& input : inputs) {
    texts.push_back(fmt::format("{}", fmt::join(input.sizes(), "x")));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

// Marks the tensors in the value as the model's input.
void set_data(SymbolicValue& value) {
  if (value.container) {
    for (SymbolicValue& element : value.container->elements) set_data(element);
  } else if (value.value.isTensor()) {
    value.value = value.value.toTensor().clone();
    value.depends.on_data = true;
  }
}

// One value for each argument of forward().
std::vector<SymbolicValue> argument_values(const ModelCode& code, const std::string& place,
                                           const std::vector<at::Tensor>& inputs) {
  std::vector<SymbolicValue> values;
  for (const ForwardArgument& argument : forward_arguments(code.self, inputs, place)) {
    values.push_back(known_value(argument.value, argument.type));
    if (argument.is_given) set_data(values.back());
  }
  return values;
}

// What numbers that are no integers are refused for where a model looks tokens up.
std::string tokens_hint(const std::vector<at::Tensor>& inputs, const std::string& error) {
  const bool is_lookup = error.find("scalar types: Long, Int") != std::string::npos ||
                         error.find("used as indices must be long") != std::string::npos;
  const bool has_floats = std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor& input) {
    return input.is_floating_point();
  });
  if (!is_lookup || !has_floats) return {};
  return "; tokens need their type and the number of words, as in --input-shape "
         "'1,128:int64<30522'";
}

Trace interpret(const ModelCode& code, const std::string& place,
                const std::vector<at::Tensor>& inputs, Numbers numbers,
                const DataDependentLoops& kept_loops) {
  Interpreter interpreter(code, numbers, kept_loops);
  std::vector<SymbolicValue> arguments = argument_values(code, place, inputs);
  try {
    return interpreter.run(std::move(arguments));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), fmt::format("{}, {}", place, error.place()));
  } catch (const std::out_of_range&) {
    throw Error(ErrorCode::unsupported,
                "is used in a way that cannot be followed; give the model as "
                "torch.jit.trace() makes it",
                fmt::format("{}, {}", place, interpreter.where()));
  } catch (const std::exception& error) {
    const std::string reason = one_line(error);
    const char* const which =
        numbers == Numbers::real ? "the numbers that it was given, of" : "an input of";
    throw Error(ErrorCode::mismatch,
                fmt::format("does not run on {} shape {}: {}{}", which, shapes_of(inputs), reason,
                            tokens_hint(inputs, reason)),
                fmt::format("{}, {}", place, interpreter.where()));
  }
}

// InlineForkWait() leaves waits in branches and loops for tasks that were started before them,
// whose results it has put there.
void remove_waits_for_results(torch::jit::Block& block) {
  for (auto it = block.nodes().begin(); it != block.nodes().end();) {
    Node* const node = *it++;
    for (torch::jit::Block* inner : node->blocks()) remove_waits_for_results(*inner);
    const bool waits = node->kind() == c10::aten::wait;
    if (!waits || node->input()->type()->kind() == c10::TypeKind::FutureType) continue;
    node->output()->replaceAllUsesWith(node->input());
    node->destroy();
  }
}

}  // namespace

Value* Recorder::add_input(const std::string& argument, const at::Tensor& tensor) {
  Value* input = code_->addInput();
  if (!argument.empty()) input->setDebugName(argument);
  input->setType(c10::TensorType::get());
  ValueInfo& info = infos_[input];
  describe_tensor(info, tensor);
  info.memory = input;
  return input;
}

Value* Recorder::add_constant(Node& constant) {
  return code_->insertNode(clone_node(*code_, constant, {}))->output();
}

Value* Recorder::add_weight(const void* owner, const std::string& path, const at::Tensor& weight) {
  Value*& code = weights_[{owner, path}];
  if (!code) {
    code = code_->insertConstant(weight);
    code->setDebugName(path);
  }
  return code;
}

SymbolicValue Recorder::copy_weight(const Node& reader, Value* weight, const at::Tensor& tensor) {
  Value* none = code_->insertConstant(c10::IValue());
  Node* copy = code_->insertNode(code_->create(c10::aten::clone, {weight, none}, 1));
  copy->setSourceRange(reader.sourceRange());
  copy->output()->setType(c10::TensorType::get());
  return record({copy, &reader, {tensor, c10::IValue()}, {tensor.clone()}, {}}).at(0);
}

Node* Recorder::append(Node& operation, const CopyOf& copy_of) {
  Node* code = code_->insertNode(clone_node(*code_, operation, copy_of));
  require_no_weight_change(*code, operation, infos_);
  return code;
}

Value* Recorder::copy_container(Value* container) {
  if (is_pack(container)) return container;  // packed where it is needed, for this reader alone
  const bool is_list = container->type()->kind() == c10::TypeKind::ListType;
  Node* copy =
      code_->insertNode(code_->create(is_list ? c10::aten::list : c10::aten::copy, {container}, 1));
  copy->output()->setType(container->type());
  steps_[copy] = Step{copy, nullptr, OpCost{}, {}};
  infos_[copy->output()] = infos_.at(container);
  return copy->output();
}

Node* Recorder::append_change(Node& operation, Value* container, const CopyOf& copy_of) {
  const bool is_list = container->type()->kind() == c10::TypeKind::ListType;
  Value* always = code_->insertConstant(true);
  Node* branch = code_->insertNode(code_->create(prim::If, {always}, 0));
  branch->setSourceRange(operation.sourceRange());
  for (int taken = 1; taken >= 0; --taken) {  // both alike: the second one is never taken
    torch::jit::Block* block = branch->addBlock();
    Node* copy = block->appendNode(
        code_->create(is_list ? c10::aten::list : c10::aten::copy, {container}, 1));
    copy->output()->setType(container->type());
    Node* change = block->appendNode(clone_node(*code_, operation, [&](Value* name) {
      return name == operation.input(0) ? copy->output() : copy_of(name);
    }));
    for (Value* output : change->outputs()) {
      if (*output->type() == *container->type()) continue;
      block->registerOutput(output);
      if (taken == 1) branch->addOutput()->copyMetadata(output);
    }
    block->registerOutput(copy->output());
  }
  branch->addOutput()->setType(container->type());
  return branch;
}

void Recorder::return_containers(Node& code, const Values& containers) {
  for (Value* container : containers) {
    if (code.kind() == prim::Loop) {
      code.addInput(container);
      code.blocks().at(0)->addInput()->setType(container->type());
    }
    for (torch::jit::Block* block : code.blocks()) block->registerOutput(container);
    code.addOutput()->setType(container->type());
  }
}

void Recorder::share_memory(const Value* value, const Values& others) {
  const auto memory_of = [this](const Value* of) -> Value* {
    const auto info = infos_.find(of);
    return info == infos_.end() ? nullptr : info->second.memory;
  };
  for (Value* other : others) {
    if (is_pack(other)) {
      const auto parts = other->node()->inputs();
      share_memory(value, Values(parts.begin(), parts.end()));
      continue;
    }
    Value* ours = memory_of(value);
    Value* theirs = memory_of(other);  // null for a weight, and for what has no memory
    const bool is_weight = other->node()->kind() == prim::Constant &&
                           other->type()->isSubtypeOf(*c10::TensorType::get());
    if (!ours || ours == theirs || (!theirs && !is_weight)) continue;
    // The memory is what was allocated first: a change of the model's input has to be seen as one.
    if (theirs && ours->node()->isBefore(theirs->node())) std::swap(ours, theirs);
    for (auto& [any, info] : infos_) {
      if (info.memory == ours) info.memory = theirs;
    }
  }
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

void Recorder::share_with(Value* code, const std::vector<at::Tensor>& tensors, Value* input,
                          const c10::IValue& numbers) {
  const auto parts = input->node()->inputs();
  const bool is_row = is_pack(input) && !numbers.isGenericDict();
  const std::vector<c10::IValue> elements = !is_row ? std::vector<c10::IValue>()
                                            : numbers.isTuple()
                                                ? numbers.toTupleRef().elements().vec()
                                                : numbers.toListRef().vec();
  if (is_row && elements.size() == parts.size()) {
    for (std::size_t i = 0; i < parts.size(); ++i) share_with(code, tensors, parts[i], elements[i]);
    return;
  }
  for (const at::Tensor& tensor : tensors_in(numbers)) {
    const bool is_shared = std::any_of(
        tensors.begin(), tensors.end(),
        [&](const at::Tensor& other) { return torchscript::share_memory(tensor, other); });
    if (is_shared) return share_memory(code, {input});
  }
}

SymbolicValue Recorder::output(Value* code, const c10::IValue& value,
                               const ExecutedOperation& operation) {
  infos_[code] = info_of(*code, value, operation, infos_);
  // A list may hold tensors of several inputs, and a tensor may be an element of a packed one.
  if (const std::vector<at::Tensor> tensors = tensors_in(value); !tensors.empty()) {
    for (std::size_t i = 0; i < operation.inputs.size(); ++i) {
      share_with(code, tensors, operation.code->inputs()[i], operation.inputs[i]);
    }
  }
  const bool has_known_length =
      holds_tensors(value) ? !operation.depends.shape_on_data : !operation.depends.on_data;
  if (value.isList() && has_known_length) return unpacked_list(code, value, operation);
  if (operation.depends.on_data && (value.isList() || value.isGenericDict())) {
    // The type of the code may be optional.
    const c10::TypePtr type =
        value.isList() ? c10::TypePtr(value.toList().elementType()) : c10::TypePtr();
    SymbolicValue decided = container_value(type ? c10::ListType::create(type) : value.type(), {});
    set_decided(*decided.container, code, value);
    return decided;
  }
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
  Trace trace{std::move(code_),    std::move(infos_), {}, {}, std::move(kept_),
              std::move(numbers_), std::move(exits_)};
  for (Node* node : trace.code->nodes()) {
    if (node->kind() == prim::Constant || node->kind() == prim::Uninitialized) continue;
    const auto step = steps_.find(node);
    trace.steps.push_back(step != steps_.end() ? step->second : Step{node, nullptr, OpCost{}, {}});
    if (!trace.steps.back().cost) trace.uncounted.insert(node->kind().toQualString());
  }
  resolve_aliasing(trace);
  resolve_layouts(trace);
  return trace;
}

ModelCode inlined_code(torch::jit::Module module, const std::string& name) {
  prepare(module, "model " + name);
  ModelCode code{module.get_method("forward").graph()->copy(), module};
  inline_calls(*code.graph);
  inline_interfaces(code);
  torch::jit::InlineForkWait(code.graph);
  remove_waits_for_results(*code.graph->block());
  fold_attributes(code);
  remove_unread_changes(code);
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
  Numbers numbers = Numbers::fake;
  DataDependentLoops kept_loops;
  while (true) {
    try {
      return interpret(code, place, inputs, numbers, kept_loops);
    } catch (const NumbersNeeded&) {
      numbers = Numbers::real;
    } catch (const DataDependentLoop& found) {
      kept_loops.insert(found.loop);
    }
  }
}

}  // namespace scission::torchscript
