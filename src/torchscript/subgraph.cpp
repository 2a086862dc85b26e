#include "torchscript/subgraph.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "scission/error.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_constant(const Value* value) { return value->node()->kind() == c10::prim::Constant; }

// Calls `visit` with every value of the outermost block that the node reads.
template <class Visit>
void for_each_read(Node* node, const Block* outermost, const Visit& visit) {
  for (Value* input : node->inputs()) {
    if (input->node()->owningBlock() == outermost) visit(input);
  }
  for (Block* block : node->blocks()) {
    for (Node* inner : block->nodes()) for_each_read(inner, outermost, visit);
    for_each_read(block->return_node(), outermost, visit);
  }
}

}  // namespace

Values outside_reads(const Nodes& nodes, const Values& outputs) {
  Values reads;
  std::unordered_set<const Value*> seen;
  auto read = [&](Value* value) {
    if (!is_constant(value) && seen.insert(value).second) reads.push_back(value);
  };
  for (Node* node : nodes) {
    for_each_read(node, node->owningBlock(), read);
    seen.insert(node->outputs().begin(), node->outputs().end());
  }
  for (Value* output : outputs) read(output);
  return reads;
}

std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs) {
  auto graph = std::make_shared<torch::jit::Graph>();
  std::unordered_map<const Value*, Value*> copies;
  for (Value* input : inputs) copies[input] = graph->addInput()->setType(input->type());

  auto copy_of = [&](Value* value) {
    if (auto known = copies.find(value); known != copies.end()) return known->second;
    if (!is_constant(value)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is neither made in this block nor one of its inputs",
                              value->debugName()));
    }
    Node* constant = graph->insertNode(graph->createClone(value->node(), nullptr));
    return copies[value] = constant->output();
  };
  for (Node* node : nodes) {
    Node* copy = graph->insertNode(graph->createClone(node, copy_of));
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      copies[node->outputs()[i]] = copy->outputs()[i];
    }
  }
  for (Value* output : outputs) graph->registerOutput(copy_of(output));
  return graph;
}

}  // namespace scission::torchscript
