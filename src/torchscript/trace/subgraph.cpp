#include "torchscript/trace/subgraph.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "scission/base/error.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_constant(const Value* value) { return value->node()->kind() == c10::prim::Constant; }

// Whether `inner` is inside a branch or loop of `outer`.
bool is_inside(const Node* inner, const Node* outer) {
  for (const Block* block = inner->owningBlock(); block;
       block = block->owningNode()->owningBlock()) {
    if (!block->owningNode()) return false;
    if (block->owningNode() == outer) return true;
  }
  return false;
}

// Calls `visit` with every value that `node`, which is `outer` or inside of it, reads from outside
// of `outer`.
template <class Visit>
void for_each_read(Node* node, const Node* outer, const Visit& visit) {
  for (Value* input : node->inputs()) {
    if (!is_inside(input->node(), outer)) visit(input);
  }
  for (Block* block : node->blocks()) {
    for (Node* inner : block->nodes()) for_each_read(inner, outer, visit);
    for_each_read(block->return_node(), outer, visit);
  }
}

}  // namespace

bool is_pack(const Value* value) {
  const auto kind = value->node()->kind();
  return kind == c10::prim::ListConstruct || kind == c10::prim::TupleConstruct ||
         kind == c10::prim::DictConstruct;
}

Values outside_reads(const Nodes& nodes, const Values& outputs) {
  Values reads;
  std::unordered_set<const Value*> seen;
  auto read = [&](Value* value) {
    if (!is_constant(value) && seen.insert(value).second) reads.push_back(value);
  };
  for (Node* node : nodes) {
    for_each_read(node, node, read);
    seen.insert(node->outputs().begin(), node->outputs().end());
  }
  for (Value* output : outputs) read(output);
  return reads;
}

std::shared_ptr<torch::jit::Graph> subgraph(const Nodes& nodes, const Values& inputs,
                                            const Values& outputs,
                                            const Rematerialise& rematerialise) {
  auto graph = std::make_shared<torch::jit::Graph>();
  std::unordered_map<const Value*, Value*> copies;
  for (Value* input : inputs) copies[input] = graph->addInput()->setType(input->type());

  CopyOf copy_of = [&](Value* value) -> Value* {
    if (auto known = copies.find(value); known != copies.end()) return known->second;
    Value* copy = nullptr;
    if (is_constant(value)) {
      copy = graph->insertNode(graph->createClone(value->node(), nullptr))->output();
    } else if (rematerialise) {
      copy = rematerialise(*graph, value, copy_of);
      // An unpacked list yields the copies of its other elements, too.
      const auto pieces = value->node()->outputs();
      if (copy->node()->kind() == value->node()->kind() && pieces.size() > 1) {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
          copies.try_emplace(pieces[i], copy->node()->outputs()[i]);
        }
      }
    } else {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("'{}' is neither computed in this block nor one of its inputs",
                              value->debugName()));
    }
    return copies[value] = copy;
  };
  for (Node* node : nodes) {
    Node* copy = graph->createClone(node, copy_of);
    graph->insertNode(copy);
    for (std::size_t i = 0; i < node->outputs().size(); ++i) {
      copies[node->outputs()[i]] = copy->outputs()[i];
    }
  }
  for (Value* output : outputs) graph->registerOutput(copy_of(output));
  return graph;
}

}  // namespace scission::torchscript
