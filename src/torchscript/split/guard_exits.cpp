// Segments that run nothing of what comes after an early exit once it is taken.
#include <torch/script.h>

#include <algorithm>

#include "torchscript/common/tensors.hpp"
#include "torchscript/split/split_state.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::NamedValue;
using torch::jit::Node;
using torch::jit::Value;
namespace prim = c10::prim;
namespace aten = c10::aten;

bool is_within(const Node* node, const Block* block) {
  for (const Block* around = node->owningBlock(); around != nullptr;) {
    if (around == block) return true;
    const Node* owner = around->owningNode();
    around = owner == nullptr ? nullptr : owner->owningBlock();
  }
  return false;
}

// The branch of the outermost block that has the mark of this exit; null without one.
Node* find_marked(Graph& graph, const c10::Symbol& mark, std::size_t exit) {
  for (Node* node : graph.nodes()) {
    if (node->hasAttribute(mark) && node->i(mark) == static_cast<std::int64_t>(exit)) return node;
  }
  return nullptr;
}

/// Moves the nodes of a segment between two places into a branch that runs them unless an exit was
/// taken.
class Guard {
 public:
  /// What the segment gives for its outputs where it does not compute them.
  Guard(Graph& graph, std::vector<const scission::Value*> outputs)
      : graph_(graph), outputs_(std::move(outputs)) {}

  void put(Value* taken, Node* first, Node* end) {
    std::vector<Node*> inside;
    for (Node* node = first; node != end; node = node->next()) inside.push_back(node);
    torch::jit::WithInsertPoint here(first);
    Value* const ends = graph_.insert(aten::Bool, {taken});
    guard_ = graph_.insertNode(graph_.create(prim::If, {ends}, 0));
    skipped_ = guard_->addBlock();
    runs_ = guard_->addBlock();
    for (Node* node : inside) {
      const bool is_fixed = node->kind() == prim::Constant || node->kind() == prim::Uninitialized;
      node->moveBefore(is_fixed ? ends->node() : runs_->return_node());
    }
    for (Node* node : runs_->nodes()) {
      for (Value* output : node->outputs()) give_out(output);
    }
  }

 private:
  // Lets readers outside of the branch read the value as an output of the branch.
  void give_out(Value* value) {
    std::vector<torch::jit::Use> readers = value->uses();
    std::erase_if(readers, [&](const torch::jit::Use& use) { return is_within(use.user, runs_); });
    if (readers.empty()) return;
    Value* const outer = guard_->addOutput()->setType(value->type());
    skipped_->registerOutput(stand_in(value));
    runs_->registerOutput(value);
    for (const torch::jit::Use& reader : readers) reader.user->replaceInput(reader.offset, outer);
  }

  // An empty tensor for an output of the segment; what only skipped code reads is never set.
  Value* stand_in(const Value* value) {
    torch::jit::WithInsertPoint here(skipped_->return_node());
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (graph_.outputs()[i] != value || outputs_[i] == nullptr) continue;
      const std::vector<std::int64_t> shape(outputs_[i]->shape.size(), 0);
      const auto type = static_cast<std::int64_t>(scalar_type(outputs_[i]->dtype));
      return graph_.insert(aten::zeros, {shape}, {NamedValue("dtype", c10::IValue(type))});
    }
    return graph_.insertNode(graph_.createUninitialized(value->type()))->output();
  }

  Graph& graph_;
  std::vector<const scission::Value*> outputs_;
  Node* guard_ = nullptr;
  Block* skipped_ = nullptr;
  Block* runs_ = nullptr;
};

}  // namespace

void guard_exits(const ReadModel& model, SegmentCode& segment) {
  Graph& graph = *segment.graph;
  const std::vector<EarlyExit>& exits = model.trace.exits;
  const bool is_last = segment.last_layer + 1 == static_cast<int>(model.graph.layers.size());
  std::vector<const scission::Value*> outputs;
  for (const int index : segment.outputs) outputs.push_back(&model.graph.values.at(index));
  if (is_last) outputs.clear();  // the choice of the answer gives them
  for (std::size_t place = exits.size(); place-- > 0;) {
    Node* const exit = find_marked(graph, EarlyExit::exit_mark, place);
    Node* const choice = find_marked(graph, EarlyExit::choice_mark, place);
    Value* taken = exit == nullptr ? nullptr : exit->output(0);
    for (std::size_t i = 0; i < segment.inputs.size() && taken == nullptr; ++i) {
      const Value* const input = model.values.at(segment.inputs[i]);
      if (input == exits[place].exit->output(0)) taken = graph.inputs().at(i);
    }
    if (taken == nullptr) continue;  // the segment comes before this exit
    Node* const first = exit == nullptr ? *graph.nodes().begin() : exit->next();
    Node* end = graph.return_node();
    if (choice != nullptr) {
      end = choice->input()->node();  // the exit's verdict as a number
      end->moveBefore(choice);
    }
    if (first != end) Guard(graph, outputs).put(taken, first, end);
  }
}

}  // namespace scission::torchscript
