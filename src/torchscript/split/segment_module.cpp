#include "torchscript/split/segment_module.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/inliner.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

namespace scission::torchscript {
namespace {

using torch::jit::Graph;
using torch::jit::Module;
using torch::jit::Node;
using torch::jit::Value;

// Letters, digits and '_', not beginning with a digit.
std::string identifier(const std::string& text) {
  std::string name = text;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) {
    name.insert(name.begin(), '_');
  }
  return name;
}

/// Turns constant tensors into attributes of the module, one for each tensor.
class Weights {
 public:
  Weights(Module& module, Value* self) : module_(module), self_(self) {}

  void take_from(torch::jit::Block& block) {
    for (auto node = block.nodes().begin(); node != block.nodes().end(); ++node) {
      for (torch::jit::Block* inner : node->blocks()) take_from(*inner);
      if (is_weight(**node)) {
        replace(*node);
        node.destroyCurrent();
      }
    }
  }

 private:
  static bool is_weight(const Node& node) {
    if (node.kind() != c10::prim::Constant) return false;
    const auto constant = torch::jit::toIValue(node.output());
    return constant && constant->isTensor() && constant->toTensor().defined() &&
           constant->toTensor().dim() > 0;
  }

  void replace(Node* constant) {
    const at::Tensor weight = torch::jit::toIValue(constant->output())->toTensor();
    torch::jit::WithInsertPoint here(constant);
    Value* read = self_->owningGraph()->insertGetAttr(self_, attribute_for(weight, *constant));
    constant->output()->replaceAllUsesWith(read);
  }

  const std::string& attribute_for(const at::Tensor& weight, const Node& constant) {
    std::string& name = names_[weight.unsafeGetTensorImpl()];
    if (!name.empty()) return name;
    const Value& value = *constant.output();
    const std::string stem =
        value.hasDebugName() ? identifier(value.debugNameBase()) : std::string("weight");
    name = stem;
    for (int i = 2; !taken_.insert(name).second; ++i) name = fmt::format("{}_{}", stem, i);
    module_.register_buffer(name, weight);
    return name;
  }

  Module& module_;
  Value* self_;
  std::unordered_map<const void*, std::string> names_;
  std::set<std::string> taken_{"training"};
};

void return_one(Graph& graph) {
  if (graph.outputs().size() == 1) return;
  const std::vector<Value*> outputs = graph.outputs().vec();
  Value* tuple = graph.insertNode(graph.createTuple(outputs))->output();
  while (!graph.outputs().empty()) graph.eraseOutput(0);
  graph.registerOutput(tuple);
}

}  // namespace

Module segment_module(const SegmentCode& segment, const std::string& model) {
  const std::string class_name =
      fmt::format("__torch__.scission_segment.{}_{}_{}", identifier(model), segment.first_layer,
                  segment.last_layer);
  Module module(c10::QualifiedName(class_name), std::make_shared<torch::jit::CompilationUnit>());
  module.register_attribute("training", c10::BoolType::get(), false);
  Graph& graph = *segment.graph;
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    graph.inputs()[i]->setDebugName(fmt::format("x{}", i));
  }
  return_one(graph);
  Value* self = graph.insertInput(0, "self");
  self->setType(module.type());
  Weights(module, self).take_from(*graph.block());
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(class_name + ".forward"), segment.graph));
  return module;
}

std::vector<bool> written_inputs(const torch::jit::Module& module) {
  const std::shared_ptr<torch::jit::Graph> graph = module.get_method("forward").graph()->copy();
  // The analysis cannot see into calls and would report every input as written.
  torch::jit::Inline(*graph);
  const torch::jit::AliasDb aliases(graph);
  std::vector<bool> written;
  for (std::size_t i = 1; i < graph->inputs().size(); ++i) {  // 0 is the module itself
    written.push_back(aliases.hasWriters(graph->inputs()[i]));
  }
  return written;
}

}  // namespace scission::torchscript
