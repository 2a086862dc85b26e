#include "torchscript/read_model.hpp"

#include <torch/csrc/jit/ir/constants.h>

#include <unordered_set>

#include "torchscript/frozen_graph.hpp"
#include "torchscript/observe.hpp"
#include "torchscript/subgraph.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

std::int64_t parameters_read(const Node& node) {
  std::int64_t count = 0;
  for (const Value* input : node.inputs()) {
    const auto constant = torch::jit::toIValue(input);
    if (!constant || !constant->isTensor()) continue;
    const at::Tensor& tensor = constant->toTensor();
    if (tensor.is_floating_point() && tensor.dim() > 0) count += tensor.numel();
  }
  for (const Block* block : node.blocks()) {
    for (const Node* inner : block->nodes()) count += parameters_read(*inner);
  }
  return count;
}

// Which values pass between layers: what one layer makes and another reads, or the caller gets.
void connect(ReadModel& model, std::vector<LayerIo>& io) {
  const Values returned = model.code->outputs().vec();
  std::unordered_set<const Value*> needed(returned.begin(), returned.end());
  for (const LayerNodes& layer : model.layers) {
    io.push_back({outside_reads(layer.nodes), {}});
    needed.insert(io.back().reads.begin(), io.back().reads.end());
  }
  io[0].makes.push_back(model.code->inputs()[0]);
  for (std::size_t layer = 0; layer < io.size(); ++layer) {
    for (Node* node : model.layers[layer].nodes) {
      for (Value* output : node->outputs()) {
        if (needed.contains(output)) io[layer].makes.push_back(output);
      }
    }
  }
}

// The graph without shapes; `index` gets every value's place in it.
void describe(ReadModel& model, const std::vector<LayerIo>& io, ValueIndex& index) {
  ModelGraph& graph = model.graph;
  for (std::size_t i = 0; i < io.size(); ++i) {
    Layer layer{model.layers[i].name, model.layers[i].type, {}, {}, 0};
    for (const Value* value : io[i].reads) {
      if (i > 0) layer.inputs.push_back(index.at(value));
    }
    for (const Value* value : io[i].makes) {
      const bool is_tensor = value->type()->isSubtypeOf(*c10::TensorType::get());
      index[value] = static_cast<int>(graph.values.size());
      layer.outputs.push_back(index[value]);
      graph.values.push_back({value->debugName(), "", {}, 0, is_tensor});
    }
    for (const Node* node : model.layers[i].nodes) layer.parameters += parameters_read(*node);
    graph.layers.push_back(std::move(layer));
  }
  for (const Value* value : model.code->outputs()) {
    if (auto known = index.find(value); known != index.end()) {
      graph.outputs.push_back(known->second);
    }
  }
}

void forbid_cuts_between(ModelGraph& graph, const Mutation& mutation) {
  const int tie = static_cast<int>(graph.values.size());
  const std::string name = graph.values[mutation.value].name;
  graph.values.push_back({name + " until it is changed in place", "", {}, 0, false});
  graph.layers[mutation.made_by].outputs.push_back(tie);
  graph.layers[mutation.changed_by].inputs.push_back(tie);
}

}  // namespace

ReadModel read_model(torch::jit::Module module, const std::string& name, const at::Tensor& input) {
  ReadModel model;
  model.code = frozen_graph(std::move(module), name);
  model.layers = group_layers(*model.code);
  model.graph.name = name;
  std::vector<LayerIo> io;
  ValueIndex index;
  connect(model, io);
  describe(model, io, index);
  for (const Mutation& mutation : observe(model.layers, io, index, input, model.graph)) {
    forbid_cuts_between(model.graph, mutation);
    model.changes_input = model.changes_input || mutation.made_by == 0;
  }
  return model;
}

}  // namespace scission::torchscript
