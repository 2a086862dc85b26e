// Data-dependent branches and of which one side ends the model: early exits.
#include <torch/script.h>

#include <algorithm>
#include <stdexcept>

#include "torchscript/common/tensors.hpp"
#include "torchscript/trace/interpreter.hpp"
#include "torchscript/trace/operations.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::NamedValue;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;
namespace aten = c10::aten;

std::size_t operation_count(const torch::jit::Block& block) {
  std::size_t count = 0;
  for (const Node* node : block.nodes()) {
    const auto kind = node->kind();
    const bool computes = !is_constant(*node) && kind != prim::TupleConstruct &&
                          kind != prim::ListConstruct && kind != prim::GetAttr;
    count += computes ? 1 : 0;
    for (const torch::jit::Block* inner : node->blocks()) count += operation_count(*inner);
  }
  return count;
}

// Whether the block returns what the branch gives, and does nothing after it.
bool ends_block(const Node& branch) {
  const torch::jit::Block& block = *branch.owningBlock();
  for (const Node* node = branch.next(); node != block.return_node(); node = node->next()) {
    if (!is_constant(*node)) return false;
  }
  const auto outputs = block.outputs();
  return std::all_of(outputs.begin(), outputs.end(),
                     [&](const Value* output) { return output->node() == &branch; });
}

// Whether the model ends with the branch.
bool ends_model(const Node& branch) {
  for (const Node* node = &branch; node != nullptr; node = node->owningBlock()->owningNode()) {
    if (node->kind() != prim::If || !ends_block(*node)) return false;
  }
  return true;
}

// Whether values of the type are tensors, or tuples of them.
bool is_answer(const c10::Type& type) {
  if (type.kind() == c10::TypeKind::TensorType) return true;
  if (type.kind() != c10::TypeKind::TupleType) return false;
  return std::all_of(type.containedTypes().begin(), type.containedTypes().end(),
                     [](const c10::TypePtr& part) { return is_answer(*part); });
}

// The side of the branch that is an early exit: the smaller one; nullopt when it is no exit.
std::optional<std::size_t> exit_side(const Node& branch, const Graph& model) {
  if (branch.owningGraph() != &model || branch.outputs().empty() || !ends_model(branch)) {
    return std::nullopt;
  }
  for (const Value* output : branch.outputs()) {
    if (output->hasUses() && !is_answer(*output->type())) return std::nullopt;
  }
  const std::size_t first = operation_count(*branch.blocks()[0]);
  const std::size_t second = operation_count(*branch.blocks()[1]);
  if (first == second) return std::nullopt;
  return first < second ? 0 : 1;
}

// Whether the code reads or writes the module itself, or calls code that was not inlined.
bool uses_module(const torch::jit::Block& block) {
  return std::any_of(block.nodes().begin(), block.nodes().end(), [](const Node* node) {
    const auto kind = node->kind();
    if (kind == prim::GetAttr || kind == prim::SetAttr || kind == prim::CallMethod ||
        kind == prim::CallFunction) {
      return true;
    }
    return std::any_of(node->blocks().begin(), node->blocks().end(),
                       [](const torch::jit::Block* inner) { return uses_module(*inner); });
  });
}

void require_sendable(const at::Tensor& tensor) {
  const bool is_plain = tensor.defined() && tensor.layout() == at::kStrided &&
                        tensor.has_storage() && !tensor.is_quantized();
  if (!is_plain) throw std::runtime_error("an early answer is no plain tensor");
}

// The tensors of an answer in the code, at the insertion point.
void add_parts(Graph& graph, Value* answer, Values& tensors) {
  if (answer->type()->kind() != c10::TypeKind::TupleType) {
    tensors.push_back(answer);
    return;
  }
  Node* const maker = answer->node();
  const bool is_packed = maker->kind() == prim::TupleConstruct;
  const Values parts = is_packed
                           ? maker->inputs().vec()
                           : graph.insertNode(graph.createTupleUnpack(answer))->outputs().vec();
  for (Value* part : parts) add_parts(graph, part, tensors);
}

Value* insert_new_tensor(Graph& graph, const c10::Symbol& maker, std::vector<NamedValue> arguments,
                         at::ScalarType type) {
  return graph.insert(maker, std::move(arguments),
                      {NamedValue("dtype", c10::IValue(static_cast<std::int64_t>(type)))});
}

// Whether this side of the branch ends the model, as a tensor that may cross a cut.
Value* insert_taken_flag(Graph& graph, bool ends) {
  return insert_new_tensor(graph, aten::full, {std::vector<std::int64_t>{1}, std::int64_t{ends}},
                           at::kBool);
}

// Lets the copied block return the verdict and copies of its answer's tensors, whose memory nothing
// later changes.
void return_answer(Graph& graph, torch::jit::Block& block) {
  torch::jit::WithInsertPoint here(block.return_node());
  Values tensors;
  for (Value* output : block.outputs().vec()) add_parts(graph, output, tensors);
  while (!block.outputs().empty()) block.eraseOutput(0);
  block.registerOutput(insert_taken_flag(graph, true));
  for (Value* tensor : tensors) {
    const auto contiguous = static_cast<std::int64_t>(at::MemoryFormat::Contiguous);
    block.registerOutput(graph.insert(aten::clone, {tensor},
                                      {NamedValue("memory_format", c10::IValue(contiguous))}));
  }
}

std::vector<std::int64_t> empty_shape(const at::Tensor& tensor) {
  return std::vector<std::int64_t>(static_cast<std::size_t>(tensor.dim()), 0);
}

void return_nothing(Graph& graph, torch::jit::Block& block, const std::vector<at::Tensor>& answer) {
  torch::jit::WithInsertPoint here(block.return_node());
  block.registerOutput(insert_taken_flag(graph, false));
  for (const at::Tensor& tensor : answer) {
    block.registerOutput(
        insert_new_tensor(graph, aten::zeros, {empty_shape(tensor)}, tensor.scalar_type()));
  }
}

// The tensors in what the side that goes on returns.
void find_tensors(SymbolicValue& value, std::vector<SymbolicValue*>& tensors) {
  if (is_tracked(value) && value.container->type->kind() == c10::TypeKind::TupleType) {
    for (SymbolicValue& element : value.container->elements) find_tensors(element, tensors);
    return;
  }
  if (value.container || !value.value.isTensor()) {
    throw std::runtime_error("an answer is no tensor and no tuple of them");
  }
  require_sendable(value.value.toTensor());
  tensors.push_back(&value);
}

// The value with the tensors in it replaced, in order, by those from `next` on.
SymbolicValue with_tensors(const SymbolicValue& value,
                           std::vector<SymbolicValue>::const_iterator& next) {
  if (!value.container) return *next++;
  SymbolicValue whole = container_value(value.container->type, {});
  for (const SymbolicValue& element : value.container->elements) {
    whole.container->elements.push_back(with_tensors(element, next));
  }
  return whole;
}

void require_alike(const std::vector<at::Tensor>& early, const std::vector<SymbolicValue*>& later) {
  bool alike = early.size() == later.size() && !early.empty();
  for (std::size_t i = 0; alike && i < early.size(); ++i) {
    const at::Tensor& tensor = later[i]->value.toTensor();
    alike = tensor.dim() == early[i].dim() && tensor.scalar_type() == early[i].scalar_type();
  }
  if (!alike) throw std::runtime_error("the answers of an early exit and of the rest differ");
}

}  // namespace

std::size_t Recorder::record_exit(Node& node, std::size_t side, Value* condition,
                                  const CopyOf& copy_of, const std::vector<at::Tensor>& answer) {
  Node* const exit = code_->create(prim::If, {condition}, 0);
  exit->setSourceRange(node.sourceRange());
  exit->i_(EarlyExit::exit_mark, static_cast<std::int64_t>(exits_.size()));
  for (int i = 0; i < 2; ++i) exit->addBlock();
  clone_block(*node.blocks()[side], *exit->blocks()[side], copy_of);
  code_->insertNode(exit);
  for (std::size_t i = node.outputs().size(); i-- > 0;) {
    if (!node.outputs()[i]->hasUses()) exit->blocks()[side]->eraseOutput(i);
  }
  const bool is_free = operation_count(*exit->blocks()[side]) == 0;
  return_answer(*code_, *exit->blocks()[side]);
  return_nothing(*code_, *exit->blocks()[1 - side], answer);
  std::vector<c10::IValue> outputs{at::zeros({1}, at::kBool)};
  exit->addOutput()->setType(c10::TensorType::get());
  for (const at::Tensor& tensor : answer) {
    exit->addOutput()->setType(c10::TensorType::get());
    outputs.emplace_back(at::zeros(empty_shape(tensor), tensor.scalar_type()));
  }
  if (!written_by(*exit).empty() || !changed_containers(*exit).empty()) {
    throw std::runtime_error("an early exit changes what comes from before it");
  }
  record({exit, &node, {}, outputs, {true, true}});
  if (is_free) steps_[exit].cost = OpCost{};
  exits_.push_back({exit, nullptr});
  return exits_.size() - 1;
}

std::vector<SymbolicValue> Recorder::record_choice(std::size_t exit, const Values& later,
                                                   const std::vector<c10::IValue>& numbers) {
  const Values early = exits_.at(exit).exit->outputs().vec();
  Value* const ends = code_->insert(aten::Bool, {early[0]});
  record({ends->node(), nullptr, {at::zeros({1}, at::kBool)}, {false}, {true, true}});
  Node* const choice = code_->insertNode(code_->create(prim::If, {ends}, 0));
  choice->i_(EarlyExit::choice_mark, static_cast<std::int64_t>(exit));
  torch::jit::Block* const ended = choice->addBlock();
  torch::jit::Block* const not_taken = choice->addBlock();
  for (std::size_t i = 0; i < later.size(); ++i) {
    ended->registerOutput(early.at(i + 1));
    not_taken->registerOutput(later[i]);
    choice->addOutput()->setType(c10::TensorType::get());
  }
  std::vector<SymbolicValue> results = record({choice, nullptr, {}, numbers, {true, true}});
  steps_[choice].cost = OpCost{};
  for (std::size_t i = 0; i < later.size(); ++i) {
    share_memory(choice->outputs()[i], {early[i + 1], later[i]});
  }
  exits_[exit].choice = choice;
  return results;
}

// What comes after an early exit is straight code, as if the model went on in any case.
bool Interpreter::resolve_exit(Node& node) {
  if (kept_loops_.contains(&node)) return false;
  const std::optional<std::size_t> side = exit_side(node, *model_.graph);
  if (!side) return false;
  move_reads(node);
  if (uses_module(*node.blocks()[*side])) return false;
  try {
    run_exit(node, *side);
  } catch (const std::exception&) {  // one side does not run on this input, or cannot be followed
    throw DataDependentLoop{&node};
  }
  return true;
}

void Interpreter::run_exit(Node& node, std::size_t side) {
  for (Value* read : outside_reads({&node})) mark_written(value_of(read));
  const std::vector<at::Tensor> answer = early_answer(*node.blocks()[side]);
  const std::size_t exit = recorder_.record_exit(
      node, side, code_of(value_of(node.input()), recorder_.code()),
      [this](Value* name) { return code_of(value_of(name), recorder_.code()); }, answer);
  torch::jit::Block& rest = *node.blocks()[1 - side];
  run_block(rest);

  std::vector<SymbolicValue> values = values_of(rest.outputs());
  std::vector<SymbolicValue*> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (node.outputs()[i]->hasUses()) find_tensors(values[i], tensors);
  }
  require_alike(answer, tensors);
  Values later;
  std::vector<c10::IValue> numbers;
  for (SymbolicValue* tensor : tensors) {
    later.push_back(code_of(*tensor, recorder_.code()));
    numbers.push_back(tensor->value);
  }
  const std::vector<SymbolicValue> results = recorder_.record_choice(exit, later, numbers);
  auto next = results.begin();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_read = node.outputs()[i]->hasUses();
    environment_[node.outputs()[i]] = is_read ? with_tensors(values[i], next) : values[i];
  }
}

// The tensors that the block returns for this input, whichever side the input takes.
std::vector<at::Tensor> Interpreter::early_answer(torch::jit::Block& block) {
  const Nodes nodes(block.nodes().begin(), block.nodes().end());
  Values outputs;
  const auto names = block.owningNode()->outputs();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i]->hasUses()) outputs.push_back(block.outputs()[i]);
  }
  const Values reads = outside_reads(nodes, outputs);
  std::vector<c10::IValue> stack;
  for (Value* read : reads) stack.push_back(contents(value_of(read)));
  std::vector<at::Tensor> answer;
  for (const c10::IValue& output :
       Program(subgraph(nodes, reads, outputs), where()).run(std::move(stack))) {
    const std::vector<at::Tensor> tensors = tensors_in(output);
    answer.insert(answer.end(), tensors.begin(), tensors.end());
  }
  for (const at::Tensor& tensor : answer) require_sendable(tensor);
  return answer;
}

}  // namespace scission::torchscript
