#include "torchscript/trace/read_model.hpp"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/constants.h>

#include <unordered_map>
#include <unordered_set>

#include "model/layer_order.hpp"

namespace scission::torchscript {
namespace {

using torch::jit::Node;
using ValueIndex = std::unordered_map<const torch::jit::Value*, int>;  ///< → ModelGraph::values

/// What a layer reads of other layers, and what it computes for them or the model's caller.
struct LayerIo {
  Values reads;
  Values makes;
};

// Calls `visit` with every constant tensor that the node reads, also inside lists and branches.
template <class Visit>
void for_each_weight(const Node& node, const Visit& visit) {
  for (const torch::jit::Value* input : node.inputs()) {
    if (is_pack(input)) {
      for_each_weight(*input->node(), visit);
    } else if (const auto constant = torch::jit::toIValue(input)) {
      if (constant->isTensor()) visit(constant->toTensor());
    }
  }
  for (const torch::jit::Block* block : node.blocks()) {
    for (const Node* inner : block->nodes()) for_each_weight(*inner, visit);
  }
}

void count_weights(const LayerSteps& steps, Layer& layer) {
  std::unordered_set<const void*> counted;
  for (const Step* step : steps.steps) {
    if (step->node->kind() == c10::prim::ListConstruct) continue;  // counted by its reader
    for_each_weight(*step->node, [&](const at::Tensor& weight) {
      if (!weight.defined() || weight.dim() == 0) return;
      if (weight.is_floating_point()) layer.parameters += weight.numel();
      if (counted.insert(weight.unsafeGetTensorImpl()).second) {
        layer.weight_bytes += static_cast<std::int64_t>(weight.nbytes());
      }
    });
  }
}

std::vector<std::int64_t> shape_of(const Trace& trace, const torch::jit::Value* value) {
  const ValueInfo* info = trace.info(value);
  return info ? info->shape : std::vector<std::int64_t>{};
}

void count_operations(const Trace& trace, const LayerSteps& steps, const LayerIo& io,
                      Layer& layer) {
  std::vector<OpCost> costs;
  for (const Step* step : steps.steps) costs.push_back(step->cost.value_or(OpCost{}));
  if (steps.is_keras && !io.reads.empty() && !io.makes.empty()) {
    const OpCost cost = keras_layer_cost(steps.type, costs, shape_of(trace, io.reads.front()),
                                         shape_of(trace, io.makes.front()));
    layer.flops = cost.flops;
    layer.macs = cost.macs;
    return;
  }
  for (const OpCost& cost : costs) {
    layer.flops += cost.flops;
    layer.macs += cost.macs;
  }
}

// The values of other layers that a layer reads. A tensor of which it reads only the size does not
// count: the size is known without the tensor.
Values reads_of(const LayerSteps& layer, const Trace& trace) {
  const Nodes nodes = layer.nodes();
  Nodes others = nodes;
  std::erase_if(others, [&](const Node* node) { return trace.yields_fixed_numbers(*node); });
  Values reads = outside_reads(nodes);
  if (others.size() == nodes.size()) return reads;
  const Values firm = outside_reads(others);
  const std::unordered_set<const torch::jit::Value*> needed(firm.begin(), firm.end());
  std::erase_if(reads, [&](const torch::jit::Value* value) {
    return !trace.is_fixed(value) && !needed.contains(value);
  });
  return reads;
}

// The values passed between layers: computed by one, and read by another or returned.
std::vector<LayerIo> connect(const ReadModel& model) {
  std::vector<LayerIo> io;
  const Values returned = model.trace.code->outputs().vec();
  std::unordered_set<const torch::jit::Value*> needed(returned.begin(), returned.end());
  for (const LayerSteps& layer : model.layers) {
    io.push_back({reads_of(layer, model.trace), {}});
    if (io.size() == 1) io[0].reads.clear();  // the input reads nothing but itself
    needed.insert(io.back().reads.begin(), io.back().reads.end());
  }
  io[0].makes = model.trace.code->inputs().vec();
  for (std::size_t layer = 0; layer < io.size(); ++layer) {
    for (const Step* step : model.layers[layer].steps) {
      for (torch::jit::Value* output : step->node->outputs()) {
        if (needed.contains(output)) io[layer].makes.push_back(output);
      }
    }
  }
  return io;
}

// The nearest value passed between layers whose memory this value shares, if operations without
// cost recreate this value from it, or −1.
int viewed(const Trace& trace, const torch::jit::Value* value, const ValueIndex& index) {
  const ValueInfo* info = trace.info(value);
  while (info && info->view_of && info->can_rematerialise) {
    if (const auto known = index.find(info->view_of); known != index.end()) return known->second;
    info = trace.info(info->view_of);
  }
  return -1;
}

scission::Value describe_value(const Trace& trace, const torch::jit::Value* value,
                               const ValueIndex& index) {
  scission::Value described;
  const ValueInfo* info = trace.info(value);
  if (!info) {  // a list or tuple packed from other values
    described.kind = ValueKind::opaque;
    described.opaque_reason = "a list of values";
    return described;
  }
  described.kind = info->kind;
  described.dtype = info->dtype;
  described.shape = info->shape;
  described.bytes = info->bytes;
  described.opaque_reason = info->opaque_reason;
  described.bytes_seen = info->bytes_seen;
  described.view_of = viewed(trace, value, index);
  return described;
}

// "conv1", or "split:1" for the second of several. The model's input is "input", one of several
// "input.x" by the argument of forward() that it is, or "input.state.0".
std::string value_name(const std::string& layer, std::size_t place, std::size_t count,
                       const torch::jit::Value& value, ValueKind kind) {
  if (kind == ValueKind::fixed) return fmt::format("{}.{}", layer, value.debugName());
  if (count == 1) return layer;
  const bool is_input = value.node()->kind() == c10::prim::Param;
  return is_input && value.hasDebugName() ? fmt::format("{}.{}", layer, value.debugName())
                                          : fmt::format("{}:{}", layer, place);
}

void describe_layers(ReadModel& model, const std::vector<LayerIo>& io, ValueIndex& index) {
  ModelGraph& graph = model.graph;
  for (std::size_t i = 0; i < io.size(); ++i) {
    const LayerSteps& steps = model.layers[i];
    Layer layer;
    layer.name = steps.name;
    layer.type = steps.type;
    for (const torch::jit::Value* value : io[i].reads) layer.inputs.push_back(index.at(value));
    for (std::size_t k = 0; k < io[i].makes.size(); ++k) {
      torch::jit::Value* value = io[i].makes[k];
      scission::Value described = describe_value(model.trace, value, index);
      described.name = value_name(steps.name, k, io[i].makes.size(), *value, described.kind);
      index[value] = static_cast<int>(graph.values.size());
      layer.outputs.push_back(index[value]);
      graph.values.push_back(std::move(described));
      model.values.push_back(value);
    }
    count_weights(steps, layer);
    count_operations(model.trace, steps, io[i], layer);
    graph.layers.push_back(std::move(layer));
  }
}

// Adds the value's bytes, or those of the values that it is packed from.
void add_returned(const Trace& trace, const torch::jit::Value* value, scission::Value& returned) {
  if (is_pack(value)) {
    for (const torch::jit::Value* part : value->node()->inputs()) {
      add_returned(trace, part, returned);
    }
    return;
  }
  const ValueInfo* info = trace.info(value);
  if (!info) return;
  const ByteRange before = returned.bytes_seen.value_or(ByteRange{returned.bytes, returned.bytes});
  const ByteRange seen = info->bytes_seen.value_or(ByteRange{info->bytes, info->bytes});
  if (returned.bytes_seen || info->bytes_seen) {
    returned.bytes_seen = {before.smallest + seen.smallest, before.largest + seen.largest};
  }
  returned.bytes += info->bytes;
}

void note_outputs(ReadModel& model, const ValueIndex& index) {
  for (const torch::jit::Value* value : model.trace.code->outputs()) {
    const auto known = index.find(value);
    if (known == index.end()) continue;  // a constant
    model.graph.outputs.push_back(known->second);
    scission::Value& returned = model.graph.values[known->second];
    returned.bytes = 0;
    returned.bytes_seen = {};
    add_returned(model.trace, value, returned);
  }
}

void reorder(ReadModel& model, const std::vector<int>& order) {
  std::vector<LayerSteps> layers;
  for (const int layer : order) layers.push_back(std::move(model.layers[layer]));
  model.layers = std::move(layers);
  model.graph = reordered(model.graph, order);
}

}  // namespace

ReadModel read_model(Trace trace, const std::string& name, Granularity granularity,
                     LayerOrder order) {
  ReadModel model;
  model.trace = std::move(trace);
  model.layers = group_layers(model.trace, granularity);
  model.graph.name = name;
  model.graph.uncounted.assign(model.trace.uncounted.begin(), model.trace.uncounted.end());
  ValueIndex index;
  describe_layers(model, connect(model), index);
  note_outputs(model, index);
  measure_working_memory(model.trace, model.layers, model.graph);
  order_exits(model.layers, model.graph);
  model.changes_input = constrain_in_place_changes(model);
  model.values.resize(model.graph.values.size(), nullptr);
  if (order == LayerOrder::compact) reorder(model, compact_order(model.graph));
  return model;
}

}  // namespace scission::torchscript
