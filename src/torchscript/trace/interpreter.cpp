#include "torchscript/trace/interpreter.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <stdexcept>

#include "scission/base/error.hpp"
#include "torchscript/common/tensors.hpp"
#include "torchscript/ops/op_costs.hpp"
#include "torchscript/trace/operations.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;

constexpr std::int64_t max_iterations = 10'000;

bool is_constant_true(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isBool() && constant->toBool();
}

// Whether the operation has a kernel that can be called by itself, as most do. Containers, branches
// and loops are instructions of LibTorch's interpreter.
bool is_callable(const Node& node) {
  return node.blocks().empty() && node.maybeOperator() && node.maybeSchema() &&
         !node.maybeSchema()->is_vararg() && !node.maybeSchema()->is_varret();
}

// Calls of interfaces: inlining leaves them, freezing does not.
bool calls_code(const Node& node) {
  return node.kind() == prim::CallMethod || node.kind() == prim::CallFunction;
}

Dependence dependence_of(const std::vector<SymbolicValue>& values) {
  Dependence all;
  for (const SymbolicValue& value : values) {
    all.on_data = all.on_data || depends_on_data(value);
    all.shape_on_data = all.shape_on_data || value.depends.shape_on_data;
  }
  return all;
}

bool has_number_from_data(const std::vector<SymbolicValue>& values) {
  return std::any_of(values.begin(), values.end(), [](const SymbolicValue& value) {
    return depends_on_data(value) && !holds_tensors(contents(value));
  });
}

// What the outputs depend on: `reads` is what the operation reads, nested blocks included.
Dependence output_dependence(const Node& node, const std::vector<SymbolicValue>& arguments,
                             const std::vector<c10::IValue>& inputs, const Dependence& reads) {
  Dependence outputs;
  outputs.shape_on_data = reads.shape_on_data || has_data_dependent_shape(node, inputs) ||
                          has_number_from_data(arguments);
  outputs.on_data =
      reads_shape_only(node) ? outputs.shape_on_data : reads.on_data || node.isNondeterministic();
  return outputs;
}

[[noreturn]] void refuse_state(const Node& node) {
  throw Error(
      ErrorCode::unsupported,
      fmt::format("keeps state: it changes its '{}' while it runs", node.s(c10::attr::name)),
      describe(node));
}

void require_evaluation(const Node& node, const std::vector<c10::IValue>& inputs) {
  if (!is_training(node, inputs)) return;
  throw Error(ErrorCode::unsupported,
              "works as in training; call eval() before the model is traced or scripted",
              describe(node));
}

void require_no_list_change(const Node& node, const std::vector<SymbolicValue>& arguments) {
  if (arguments.empty() || !arguments[0].container || !node.maybeSchema()) return;
  const auto* alias = node.schema().arguments().at(0).alias_info();
  if (!alias || !alias->isWrite()) return;
  throw Error(ErrorCode::unsupported, "changes a list in a way that cannot be followed",
              describe(node));
}

using Releases = std::unordered_map<const Node*, std::vector<const Value*>>;

// By node of the outermost block: the values that no later node reads.
Releases last_reads(Graph& code) {
  std::unordered_map<const Value*, const Node*> last;
  for (Node* node : code.nodes()) {
    for (const Value* value : outside_reads({node})) last[value] = node;
  }
  for (const Value* output : code.outputs()) last.erase(output);
  Releases releases;
  for (const auto& [value, node] : last) releases[node].push_back(value);
  return releases;
}

}  // namespace

std::string Interpreter::where() const { return current_ ? describe(*current_) : "its inputs"; }

Trace Interpreter::run(std::vector<SymbolicValue> arguments, std::size_t tensor_count) {
  bind_arguments(std::move(arguments), tensor_count);
  run_outermost_block();
  for (const Value* output : model_.graph->outputs()) {
    recorder_.add_output(code_of(value_of(output), recorder_.code()));
  }
  return std::move(recorder_).finish();
}

void Interpreter::bind_arguments(std::vector<SymbolicValue> arguments, std::size_t tensor_count) {
  c10::ArrayRef<Value*> names = model_.graph->inputs();
  if (model_.self) {
    environment_[names[0]] = constant_value(model_.self->_ivalue());
    names = names.slice(1);
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i < tensor_count) {
      arguments[i].code = recorder_.add_input(*names[i], arguments[i].value.toTensor());
    }
    environment_[names[i]] = std::move(arguments[i]);
  }
}

void Interpreter::run_outermost_block() {
  const Releases releases = last_reads(*model_.graph);
  for (Node* node : model_.graph->nodes()) {
    run_node(*node);
    const auto released = releases.find(node);
    if (released == releases.end()) continue;
    for (const Value* value : released->second) environment_.erase(value);
  }
}

void Interpreter::run_node(Node& node) {
  current_ = &node;
  if (!resolve(node)) execute(node);
}

void Interpreter::run_block(torch::jit::Block& block) {
  for (Node* node : block.nodes()) run_node(*node);
}

bool Interpreter::resolve(Node& node) {
  switch (node.kind()) {
    case prim::Constant:
      copy_constant(node);
      return true;
    case prim::GetAttr:
      read_attribute(node);
      return true;
    case prim::SetAttr:
      refuse_state(node);
    case prim::RaiseException:
      throw std::runtime_error(contents(value_of(node.inputs().at(0))).toStringRef());
    case c10::aten::warn:
      return true;
    case prim::If:
      return resolve_branch(node);
    case prim::Loop:
      return unroll_loop(node);
    default:
      return forward_cast(node) || resolve_container_op(node);
  }
}

void Interpreter::copy_constant(Node& node) {
  SymbolicValue constant = constant_value(*torch::jit::toIValue(node.output()));
  constant.code = recorder_.add_constant(node);
  environment_[node.output()] = std::move(constant);
}

// An attribute of a module: a submodule, a weight, or a constant.
void Interpreter::read_attribute(Node& node) {
  const SymbolicValue owner = value_of(node.input());
  const std::string& name = node.s(c10::attr::name);
  c10::IValue content = owner.value.toObjectRef().getAttr(name);
  const bool is_weight = content.isTensor() && content.toTensor().defined();
  // Shares the memory; constants must not require gradients.
  if (is_weight) content = content.toTensor().detach();
  SymbolicValue attribute = known_value(content, node.output()->type());
  attribute.path = owner.path.empty() ? name : owner.path + "." + name;
  if (is_weight) {
    attribute.code =
        recorder_.add_weight(owner.value.toObject().get(), attribute.path, content.toTensor());
  }
  environment_[node.output()] = std::move(attribute);
}

bool Interpreter::resolve_branch(Node& node) {
  const SymbolicValue& condition = value_of(node.input());
  if (condition.depends.on_data) return false;
  torch::jit::Block* taken = node.blocks().at(condition.value.toBool() ? 0 : 1);
  run_block(*taken);
  bind(node.outputs(), values_of(taken->outputs()));
  return true;
}

// Loops over a range, which is what loops over layers become. A while-loop is not unrolled: its
// condition may turn out to depend on data after some iterations are recorded.
bool Interpreter::unroll_loop(Node& node) {
  const SymbolicValue& count = value_of(node.inputs().at(0));
  const SymbolicValue& start = value_of(node.inputs().at(1));
  torch::jit::Block& body = *node.blocks().at(0);
  if (count.depends.on_data || start.depends.on_data || !is_constant_true(body.outputs().at(0))) {
    return false;
  }
  const std::int64_t iterations = start.value.toBool() ? count.value.toInt() : 0;
  if (iterations > max_iterations) return false;
  std::vector<SymbolicValue> carried = values_of(node.inputs().slice(2));
  for (std::int64_t i = 0; i < iterations; ++i) {
    environment_[body.inputs()[0]] = constant_value(i);
    bind(body.inputs().slice(1), carried);
    run_block(body);
    carried = values_of(body.outputs().slice(1));
  }
  bind(node.outputs(), carried);
  return true;
}

// Casts assert something about a type and compute nothing.
bool Interpreter::forward_cast(Node& node) {
  const bool unwraps = node.kind() == c10::aten::_unwrap_optional;
  if (node.kind() != prim::unchecked_cast && node.kind() != prim::unchecked_unwrap_optional &&
      !unwraps) {
    return false;
  }
  const SymbolicValue& input = value_of(node.inputs().at(0));
  if (unwraps && contents(input).isNone()) return false;
  environment_[node.output()] = input;
  return true;
}

bool Interpreter::resolve_container_op(Node& node) {
  std::vector<SymbolicValue> inputs = values_of(node.inputs());
  const auto outputs = run_container_op(node, inputs);
  if (outputs) bind(node.outputs(), *outputs);
  return outputs.has_value();
}

void Interpreter::execute(Node& node) {
  const std::vector<SymbolicValue> arguments = values_of(node.inputs());
  std::vector<c10::IValue> inputs;
  for (const SymbolicValue& argument : arguments) inputs.push_back(contents(argument));
  require_evaluation(node, inputs);
  require_no_list_change(node, arguments);
  if (model_.self && (!node.blocks().empty() || calls_code(node))) throw FreezingNeeded{};

  Node* code = recorder_.append(
      node, [this](Value* name) { return code_of(value_of(name), recorder_.code()); });
  const Dependence reads = dependence_of(values_of(outside_reads({&node})));
  std::vector<c10::IValue> outputs = outputs_of(node, *code, inputs, reads.on_data);
  const Dependence depends = output_dependence(node, arguments, inputs, reads);
  if (numbers_ == Numbers::fake && depends.on_data &&
      !std::all_of(outputs.begin(), outputs.end(), holds_tensors)) {
    throw NumbersNeeded{};
  }
  bind(node.outputs(),
       recorder_.record({code, &node, std::move(inputs), std::move(outputs), depends}));
  redirect_changed_input(node, *code);
}

std::vector<c10::IValue> Interpreter::outputs_of(Node& node, const Node& code,
                                                 const std::vector<c10::IValue>& inputs,
                                                 bool depends_on_data) {
  if (numbers_ == Numbers::fake && depends_on_data) {
    if (!node.blocks().empty() || has_data_dependent_shape(code, inputs)) throw NumbersNeeded{};
    if (auto changed = change_in_place(code, inputs)) return {*changed};
    if (auto tensors = fake_outputs(code, inputs)) return {tensors->begin(), tensors->end()};
  }
  if (!is_callable(node)) return run_as_program(node);
  torch::jit::Stack stack = inputs;
  node.getOperation()(stack);
  return stack;
}

std::vector<c10::IValue> Interpreter::run_as_program(Node& node) {
  const Values reads = outside_reads({&node});
  std::vector<c10::IValue> inputs;
  for (const SymbolicValue& read : values_of(reads)) inputs.push_back(contents(read));
  return Program(subgraph({&node}, reads, node.outputs().vec()), where()).run(std::move(inputs));
}

// Later readers of a tensor that was changed in place read the operation's output, which is the
// same tensor, so that the code states the order.
void Interpreter::redirect_changed_input(Node& node, Node& code) {
  const Values writes = writes_of(code);
  if (writes.size() != 1 || code.outputs().size() != 1) return;
  const SymbolicValue& output = value_of(node.output());
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    if (code.inputs()[i] != writes[0]) continue;
    SymbolicValue& changed = value_of(node.inputs()[i]);
    if (!changed.container && !output.container && changed.value.isTensor() &&
        changed.value.is(output.value)) {
      changed.code = output.code;
    }
  }
}

std::vector<SymbolicValue> Interpreter::values_of(c10::ArrayRef<Value*> names) {
  std::vector<SymbolicValue> values;
  values.reserve(names.size());
  for (const Value* name : names) values.push_back(value_of(name));
  return values;
}

void Interpreter::bind(c10::ArrayRef<Value*> names, const std::vector<SymbolicValue>& values) {
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
    environment_[names[i]] = values[i];
  }
}

}  // namespace scission::torchscript
