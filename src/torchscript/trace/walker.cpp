#include "torchscript/trace/walker.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <stdexcept>

#include "scission/base/error.hpp"
#include "torchscript/ops/stand_in.hpp"
#include "torchscript/trace/call_path.hpp"
#include "torchscript/trace/container_ops.hpp"
#include "torchscript/trace/data_dependence.hpp"
#include "torchscript/trace/facts.hpp"
#include "torchscript/trace/program.hpp"
#include "torchscript/trace/subgraph.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

constexpr std::int64_t most_iterations = 10'000;

bool is_constant_true(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isBool() && constant->toBool();
}

// Whether the operation can be called by itself, as most can; containers, branches and loops are
// instructions of the interpreter.
bool is_callable(const Node& node) {
  return node.blocks().empty() && node.maybeOperator() && node.maybeSchema() &&
         !node.maybeSchema()->is_vararg() && !node.maybeSchema()->is_varret();
}

Item taint_of(const std::vector<Item>& items) {
  Item taint;
  for (const Item& item : items) {
    taint.from_data = taint.from_data || depends_on_data(item);
    taint.shape_from_data = taint.shape_from_data || item.shape_from_data;
  }
  return taint;
}

bool has_number_from_data(const std::vector<Item>& items) {
  return std::any_of(items.begin(), items.end(), [](const Item& item) {
    return depends_on_data(item) && !holds_tensors(contents(item));
  });
}

void refuse_training(const Node& node, const std::vector<c10::IValue>& inputs) {
  if (!is_training(node, inputs)) return;
  throw Error(ErrorCode::unsupported,
              "works as in training; call eval() before the model is traced or scripted",
              describe(node));
}

// Calls of interfaces are left by inlining, not by freezing.
bool calls_code(const Node& node) {
  return node.kind() == prim::CallMethod || node.kind() == prim::CallFunction;
}

void refuse_state(const Node& node) {
  throw Error(
      ErrorCode::unsupported,
      fmt::format("keeps state: it changes its '{}' while it runs", node.s(c10::attr::name)),
      describe(node));
}

// A weight, or a view of one, would be another on the next run.
void refuse_weight_change(const Node& code, const Trace& trace) {
  const auto* schema = code.maybeSchema();
  if (!schema || !schema->is_mutable()) return;
  for (std::size_t i = 0; i < std::min(schema->arguments().size(), code.inputs().size()); ++i) {
    const auto* alias = schema->arguments()[i].alias_info();
    const Value* value = code.inputs()[i];
    if (!alias || !alias->isWrite() || !value->type()->isSubtypeOf(*c10::TensorType::get())) {
      continue;
    }
    const auto fact = trace.facts.find(value);
    if (fact != trace.facts.end() && fact->second.memory) continue;
    throw Error(ErrorCode::unsupported,
                fmt::format("keeps state: it changes '{}' while it runs", value->debugName()),
                describe(code));
  }
}

void refuse_list_change(const Node& node, const std::vector<Item>& items) {
  if (items.empty() || !items[0].container || !node.maybeSchema()) return;
  const auto* alias = node.schema().arguments().at(0).alias_info();
  if (!alias || !alias->isWrite()) return;
  throw Error(ErrorCode::unsupported, "changes a list in a way that cannot be followed",
              describe(node));
}

}  // namespace

std::string Walker::where() const { return current_ ? describe(*current_) : "its inputs"; }

Trace Walker::walk(const ModelCode& model, std::vector<Item> arguments, std::size_t tensors) {
  trace_.code = std::make_shared<Graph>();
  frozen_ = !model.self;
  take_arguments(model, std::move(arguments), tensors);
  run_outermost(*model.graph);
  for (const Value* output : model.graph->outputs()) trace_.code->registerOutput(code_for(output));
  finish();
  return std::move(trace_);
}

void Walker::take_arguments(const ModelCode& model, std::vector<Item> arguments,
                            std::size_t tensors) {
  c10::ArrayRef<Value*> inputs = model.graph->inputs();
  if (model.self) {
    environment_[inputs[0]] = constant_item(model.self->_ivalue());
    inputs = inputs.slice(1);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Item& item = arguments[i];
    if (i < tensors) {
      item.code = trace_.code->addInput();
      if (inputs[i]->hasDebugName()) item.code->setDebugName(inputs[i]->debugName());
      item.code->setType(c10::TensorType::get());
      trace_.facts[item.code] = fact_of_input(*item.code, item.value.toTensor());
    }
    environment_[inputs[i]] = std::move(item);
  }
}

void Walker::find_last_reads(Graph& code) {
  std::unordered_map<const Value*, const Node*> last;
  for (Node* node : code.nodes()) {
    for (const Value* value : outside_reads({node})) last[value] = node;
  }
  for (const Value* output : code.outputs()) last.erase(output);
  for (const auto& [value, node] : last) last_reads_[node].push_back(value);
}

void Walker::run_outermost(Graph& code) {
  find_last_reads(code);
  for (Node* node : code.nodes()) {
    run(node);
    for (const Value* value : last_reads_[node]) environment_.erase(value);
  }
}

void Walker::run(Node* node) {
  current_ = node;
  if (node->kind() == prim::Constant) return copy_constant(node);
  if (node->kind() == c10::aten::warn) return;
  if (node->kind() == prim::GetAttr) return read_attribute(node);
  if (node->kind() == prim::SetAttr) refuse_state(*node);
  if (node->kind() == prim::RaiseException) {
    throw std::runtime_error(contents(item(node->inputs().at(0))).toStringRef());
  }
  if (node->kind() == prim::If && resolve_branch(node)) return;
  if (node->kind() == prim::Loop && unroll_loop(node)) return;
  if (pass_on(node) || run_on_containers(node)) return;
  run_operation(node);
}

void Walker::copy_constant(Node* node) {
  Item item = constant_item(*torch::jit::toIValue(node->output()));
  item.code = trace_.code->insertNode(trace_.code->createClone(node, nullptr))->output();
  environment_[node->output()] = std::move(item);
}

// Of a module: a submodule, a weight, or something that is the same on every run.
void Walker::read_attribute(Node* node) {
  const Item owner = item(node->input());
  const std::string& name = node->s(c10::attr::name);
  c10::IValue value = owner.value.toObjectRef().getAttr(name);
  // The same memory, which nobody trains: only such tensors can be constants.
  if (value.isTensor() && value.toTensor().defined()) value = value.toTensor().detach();
  Item& read = environment_[node->output()] = known_item(value, node->output()->type());
  read.path = owner.path.empty() ? name : owner.path + "." + name;
  if (value.isTensor() && value.toTensor().defined()) {
    read.code = weight(owner, read.path, value.toTensor());
  }
}

Value* Walker::weight(const Item& owner, const std::string& path, const at::Tensor& tensor) {
  Value*& code = weights_[{owner.value.toObject().get(), path}];
  if (!code) {
    code = trace_.code->insertConstant(tensor);
    code->setDebugName(path);
  }
  return code;
}

bool Walker::resolve_branch(Node* node) {
  const Item& condition = item(node->input());
  if (condition.from_data) return false;
  torch::jit::Block* taken = node->blocks().at(condition.value.toBool() ? 0 : 1);
  for (Node* inner : taken->nodes()) run(inner);
  for (std::size_t i = 0; i < node->outputs().size(); ++i) {
    environment_[node->outputs()[i]] = item(taken->outputs()[i]);
  }
  return true;
}

// Loops over a range, which is what loops over layers become. The condition of a while-loop could
// turn out to depend on numbers when half of it has been written.
bool Walker::unroll_loop(Node* node) {
  const Item& count = item(node->inputs().at(0));
  const Item& start = item(node->inputs().at(1));
  torch::jit::Block* body = node->blocks().at(0);
  if (count.from_data || start.from_data || !is_constant_true(body->outputs().at(0))) return false;
  const std::int64_t iterations = start.value.toBool() ? count.value.toInt() : 0;
  if (iterations > most_iterations) return false;
  const std::vector<Value*> inputs = node->inputs().vec();
  std::vector<Item> carried = items_of(c10::ArrayRef<Value*>(inputs).slice(2));
  for (std::int64_t i = 0; i < iterations; ++i) {
    environment_[body->inputs()[0]] = constant_item(i);
    for (std::size_t k = 0; k < carried.size(); ++k) {
      environment_[body->inputs()[k + 1]] = carried[k];
    }
    for (Node* inner : body->nodes()) run(inner);
    carried = items_of(body->outputs().slice(1));
  }
  for (std::size_t k = 0; k < carried.size(); ++k) environment_[node->outputs()[k]] = carried[k];
  return true;
}

// Casts, which say something of the type and do nothing.
bool Walker::pass_on(Node* node) {
  const bool casts = node->kind() == prim::unchecked_cast ||
                     node->kind() == prim::unchecked_unwrap_optional ||
                     node->kind() == c10::aten::_unwrap_optional;
  if (!casts || (node->kind() == c10::aten::_unwrap_optional &&
                 contents(item(node->inputs().at(0))).isNone())) {
    return false;
  }
  environment_[node->output()] = item(node->inputs().at(0));
  return true;
}

bool Walker::run_on_containers(Node* node) {
  std::vector<Item> inputs = items_of(node->inputs());
  const auto outputs = run_container_op(*node, inputs);
  if (!outputs) return false;
  for (std::size_t i = 0; i < std::min(outputs->size(), node->outputs().size()); ++i) {
    environment_[node->outputs()[i]] = (*outputs)[i];
  }
  return true;
}

void Walker::run_operation(Node* node) {
  const std::vector<Item> items = items_of(node->inputs());
  std::vector<c10::IValue> inputs;
  for (const Item& item : items) inputs.push_back(contents(item));
  refuse_training(*node, inputs);
  refuse_list_change(*node, items);
  if (!frozen_ && (!node->blocks().empty() || calls_code(*node))) throw FreezingNeeded{};
  Node* code = trace_.code->createClone(node, [this](Value* value) { return code_for(value); });
  trace_.code->insertNode(code);
  refuse_weight_change(*code, trace_);
  const Item taint = taint_of(items_of(outside_reads({node})));
  const std::vector<c10::IValue> outputs = execute(node, *code, inputs, taint.from_data);
  Step step{code, node, {}, writes_of(code)};
  if (handles_tensors(inputs) || handles_tensors(outputs)) {
    step.cost = op_cost(*code, inputs, outputs);
  } else {
    step.cost = OpCost{};
  }
  bind_outputs(node, {code, inputs, taint.from_data, taint.shape_from_data}, outputs);
  follow_writes(node, step);
  steps_[code] = std::move(step);
}

std::vector<c10::IValue> Walker::execute(Node* node, const Node& code,
                                         const std::vector<c10::IValue>& inputs, bool from_data) {
  if (numbers_ == Numbers::made_up && from_data) {
    if (!node->blocks().empty() || shapes_by_data(code, inputs)) throw NumbersNeeded{};
    if (auto result = change_in_place(code, inputs)) return {*result};
    if (auto tensors = stand_in(code, inputs)) return {tensors->begin(), tensors->end()};
  }
  if (!is_callable(*node)) return execute_alone(node);
  torch::jit::Stack stack = inputs;
  node->getOperation()(stack);
  return stack;
}

std::vector<c10::IValue> Walker::execute_alone(Node* node) {
  const Values reads = outside_reads({node});
  std::vector<c10::IValue> inputs;
  for (const Item& item : items_of(reads)) inputs.push_back(contents(item));
  return Program(subgraph({node}, reads, node->outputs().vec()), where()).run(std::move(inputs));
}

void Walker::bind_outputs(Node* node, const Call& call, const std::vector<c10::IValue>& outputs) {
  Call own = call;
  own.shape_from_data = call.shape_from_data || shapes_by_data(*call.code, call.inputs) ||
                        has_number_from_data(items_of(node->inputs()));
  own.from_data = call.from_data || node->isNondeterministic();
  if (reads_shape_only(*node)) own.from_data = own.shape_from_data;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (numbers_ == Numbers::made_up && own.from_data && !holds_tensors(outputs[i])) {
      throw NumbersNeeded{};
    }
    environment_[node->outputs()[i]] = outcome(call.code->outputs()[i], outputs[i], own);
  }
}

Item Walker::outcome(Value* code, const c10::IValue& value, const Call& call) {
  const bool known_length = holds_tensors(value) ? !call.shape_from_data : !call.from_data;
  if (value.isList() && known_length) return unpacked(code, value, call);
  trace_.facts[code] = fact_of(*code, value, call, trace_.facts);
  Item item = constant_item(value);
  item.code = code;
  item.from_data = call.from_data;
  item.shape_from_data = call.shape_from_data;
  return item;
}

// A list that an operation puts out, such as the pieces of a tensor, as a container.
Item Walker::unpacked(Value* code, const c10::IValue& value, const Call& call) {
  const c10::List<c10::IValue> list = value.toList();
  Item whole = container_item(code->type(), {});
  whole.shape_from_data = call.shape_from_data;
  trace_.facts[code] = fact_of(*code, value, call, trace_.facts);
  if (list.empty()) return whole;
  Node* unpack = trace_.code->create(prim::ListUnpack, {code}, list.size());
  trace_.code->insertNode(unpack);
  for (std::size_t i = 0; i < list.size(); ++i) {
    unpack->outputs()[i]->setType(code->type()->expectRef<c10::ListType>().getElementType());
    whole.container->items.push_back(outcome(unpack->outputs()[i], list.get(i), call));
  }
  return whole;
}

// Who reads the changed tensor from now on reads the operation's output: the same tensor, but so
// the code says what comes first.
void Walker::follow_writes(Node* node, const Step& step) {
  if (step.writes.size() != 1 || step.node->outputs().size() != 1) return;
  for (std::size_t i = 0; i < node->inputs().size(); ++i) {
    if (step.node->inputs()[i] != step.writes[0]) continue;
    Item& changed = item(node->inputs()[i]);
    const Item& output = item(node->output());
    if (!changed.container && !output.container && changed.value.isTensor() &&
        changed.value.is(output.value)) {
      changed.code = output.code;
    }
  }
}

std::vector<Item> Walker::items_of(c10::ArrayRef<Value*> values) {
  std::vector<Item> items;
  items.reserve(values.size());
  for (const Value* value : values) items.push_back(item(value));
  return items;
}

// What nobody reads goes, unless it writes; the rest is put in order.
void Walker::finish() {
  const Nodes written(trace_.code->nodes().begin(), trace_.code->nodes().end());
  for (auto node = written.rbegin(); node != written.rend(); ++node) {
    const auto step = steps_.find(*node);
    const bool writes = step != steps_.end() && !step->second.writes.empty();
    if (!(*node)->hasUses() && !writes && !(*node)->hasSideEffects()) (*node)->destroy();
  }
  for (Node* node : trace_.code->nodes()) {
    if (node->kind() == prim::Constant) continue;
    const auto step = steps_.find(node);
    trace_.steps.push_back(step != steps_.end() ? step->second : Step{node, nullptr, OpCost{}, {}});
    if (!trace_.steps.back().cost) trace_.uncounted.insert(node->kind().toQualString());
  }
  settle_changed_memory(trace_);
}

}  // namespace scission::torchscript
