#include "onnx/read_model.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "model/layer_order.hpp"
#include "onnx/costs.hpp"

namespace scission::onnx {
namespace {

/// Which layer makes each value, and which values the graph has.
class GraphBuilder {
 public:
  explicit GraphBuilder(ReadModel& model)
      : model_(model), nodes_(model.nodes), maker_(model.nodes.values.size(), none) {
    for (const int value : nodes_.inputs) maker_[value] = 0;
    for (std::size_t layer = 0; layer < model.layers.size(); ++layer) {
      for (const int node : model.layers[layer].nodes) {
        for (const int value : nodes_.makes[node]) maker_[value] = static_cast<int>(layer);
      }
    }
  }

  void build() {
    find_values();
    for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) {
      Layer described;
      described.name = model_.layers[layer].name;
      described.type = model_.layers[layer].type;
      model_.graph.layers.push_back(std::move(described));
    }
    add_values();
    for (std::size_t layer = 1; layer < model_.layers.size(); ++layer) describe(layer);
    for (const int value : nodes_.inputs) {
      model_.graph.layers[0].working_bytes += model_.types[value].bytes();
    }
    model_.graph.uncounted.assign(uncounted_.begin(), uncounted_.end());
  }

 private:
  static constexpr int none = -1;

  // Values that other layers read or the model returns, and what these are views of.
  void find_values() {
    is_in_graph_.assign(nodes_.values.size(), false);
    for (const int value : nodes_.inputs) is_in_graph_[value] = true;
    for (const int value : nodes_.outputs) is_in_graph_[value] = true;
    for (std::size_t layer = 0; layer < model_.layers.size(); ++layer) {
      for (const int node : model_.layers[layer].nodes) {
        for (const int value : nodes_.reads[node]) {
          const bool crosses = maker_[value] != static_cast<int>(layer);
          if (!nodes_.values[value].is_fixed && crosses) is_in_graph_[value] = true;
        }
      }
    }
    for (int value = static_cast<int>(nodes_.values.size()) - 1; value >= 0; --value) {
      if (is_in_graph_[value] && is_view(value)) is_in_graph_[nodes_.values[value].view_of] = true;
    }
  }

  // Values of unknown type are no views: nothing about them is known.
  bool is_view(int value) const {
    const int source = nodes_.values[value].view_of;
    return source >= 0 && model_.types[value].bytes() > 0 && model_.types[source].bytes() > 0;
  }

  // Each after those that it is a view of.
  void add_values() {
    number_.assign(nodes_.values.size(), none);
    for (int value = 0; value < static_cast<int>(nodes_.values.size()); ++value) {
      if (!is_in_graph_[value]) continue;
      number_[value] = static_cast<int>(model_.values.size());
      model_.values.push_back(value);
      model_.graph.values.push_back(described_value(value));
      const int maker = std::max(maker_[value], 0);
      model_.graph.layers[maker].outputs.push_back(number_[value]);
    }
    for (const int value : nodes_.outputs) model_.graph.outputs.push_back(number_[value]);
  }

  Value described_value(int value) const {
    const GraphValue& source = nodes_.values[value];
    const ValueType& type = model_.types[value];
    Value described;
    described.name = clean_text(source.name);
    if (type.is_tensor && !type.dtype.empty() && type.shape) {
      described.dtype = type.dtype;
      described.shape = *type.shape;
      described.bytes = type.bytes();
      if (type.depends_on_data) described.bytes_seen = ByteRange{type.bytes(), type.bytes()};
    } else if (!source.is_fixed) {
      described.kind = ValueKind::opaque;
      described.opaque_reason = type.is_tensor ? "a tensor of a type that cannot be sent"
                                               : "a sequence, a map or an optional value";
    }
    if (source.is_fixed) described.kind = ValueKind::fixed;
    if (is_view(value)) described.view_of = number_[source.view_of];
    return described;
  }

  void describe(std::size_t number) {
    Layer& layer = model_.graph.layers[number];
    std::set<int> inputs;
    std::unordered_set<int> weights;
    for (const int node : model_.layers[number].nodes) {
      for (const int value : nodes_.reads[node]) {
        if (nodes_.values[value].is_fixed) {
          collect_weights(value, weights);
        } else if (maker_[value] != static_cast<int>(number)) {
          inputs.insert(number_[value]);
        }
      }
      add_cost(nodes_.node(node), layer);
    }
    layer.inputs.assign(inputs.begin(), inputs.end());
    for (const int value : weights) add_weight(value, layer);
    layer.working_bytes = working_bytes(model_.layers[number].nodes);
  }

  // The weights that a fixed value is computed from.
  void collect_weights(int value, std::unordered_set<int>& weights) const {
    std::vector<int> open{value};
    while (!open.empty()) {
      const int next = open.back();
      open.pop_back();
      if (!nodes_.values[next].is_fixed || !weights.insert(next).second) continue;
      const int node = nodes_.values[next].node;
      if (node < 0 || nodes_.node(node).op_type() == "Shape") continue;
      open.insert(open.end(), nodes_.reads[node].begin(), nodes_.reads[node].end());
    }
  }

  void add_weight(int value, Layer& layer) const {
    const ::onnx::TensorProto* weight = nodes_.values[value].weight;
    if (weight == nullptr) return;
    layer.weight_bytes += weight_bytes(*weight);
    const std::string dtype = dtype_name(weight->data_type());
    const bool is_number_of_shapes =
        dtype == "int64" || dtype == "int32" || dtype == "bool" || dtype == "uint64";
    if (!is_number_of_shapes) layer.parameters += element_count(*weight);
  }

  void add_cost(const ::onnx::NodeProto& node, Layer& layer) {
    if (const auto cost = node_cost(node, nodes_, model_.types)) {
      layer.flops += cost->flops;
      layer.macs += cost->macs;
    } else {
      const std::string domain = node.domain().empty() ? "" : node.domain() + "::";
      uncounted_.insert(clean_text(domain + node.op_type()));
    }
  }

  // A value is released after its last reader in the layer, unless it leaves the layer.
  std::int64_t working_bytes(const std::vector<int>& layer) const {
    std::unordered_map<int, std::size_t> last_read;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      for (const int value : nodes_.reads[layer[i]]) last_read[value] = i;
    }
    std::int64_t now = 0, peak = 0;
    for (std::size_t i = 0; i < layer.size(); ++i) {
      for (const int value : nodes_.makes[layer[i]]) {
        if (!is_shared(value)) now += model_.types[value].bytes();
      }
      peak = std::max(peak, now);
      for (const int value : nodes_.reads[layer[i]]) {
        const bool is_own = nodes_.values[value].node >= layer.front();
        if (is_own && !nodes_.values[value].is_fixed && last_read[value] == i &&
            !is_in_graph_[value] && !is_shared(value)) {
          now -= model_.types[value].bytes();
        }
      }
    }
    return peak;
  }

  // Whether the value is the same memory as another: not so for dequantised numbers.
  bool is_shared(int value) const {
    const int source = nodes_.values[value].view_of;
    return source >= 0 && model_.types[value].bytes() == model_.types[source].bytes();
  }

  ReadModel& model_;
  const NodeGraph& nodes_;
  std::vector<int> maker_;  ///< layer of each value; none for fixed values
  std::vector<bool> is_in_graph_;
  std::vector<int> number_;  ///< in the graph; none for values that are not in it
  std::set<std::string> uncounted_;
};

void reorder(ReadModel& model, const std::vector<int>& order) {
  std::vector<LayerNodes> layers;
  for (const int layer : order) layers.push_back(std::move(model.layers[layer]));
  model.layers = std::move(layers);
  model.graph = reordered(model.graph, order);
}

}  // namespace

void describe_layers(ReadModel& model, const std::string& name, Granularity granularity,
                     LayerOrder order) {
  model.layers = group_layers(model.nodes, granularity);
  model.graph.name = name;
  GraphBuilder(model).build();
  if (order == LayerOrder::compact) reorder(model, compact_order(model.graph));
}

}  // namespace scission::onnx
