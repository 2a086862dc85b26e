#include "onnx/node_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission::onnx {
namespace {

using NameSet = std::unordered_set<std::string>;

bool has_body(const ::onnx::NodeProto& node) {
  return std::any_of(node.attribute().begin(), node.attribute().end(), [](const auto& attribute) {
    return attribute.has_g() || attribute.graphs_size() > 0;
  });
}

void outer_names(const ::onnx::NodeProto& node, const NameSet& inside,
                 std::vector<std::string>& names);

// What a body reads from the graphs around it.
void outer_names(const ::onnx::GraphProto& body, NameSet inside, std::vector<std::string>& names) {
  for (const auto& input : body.input()) inside.insert(input.name());
  for (const auto& weight : body.initializer()) inside.insert(weight.name());
  for (const auto& weight : body.sparse_initializer()) inside.insert(weight.values().name());
  for (const auto& node : body.node()) {
    outer_names(node, inside, names);
    inside.insert(node.output().begin(), node.output().end());
  }
  for (const auto& output : body.output()) {
    if (!inside.contains(output.name())) names.push_back(output.name());
  }
}

void outer_names(const ::onnx::NodeProto& node, const NameSet& inside,
                 std::vector<std::string>& names) {
  for (const std::string& name : node.input()) {
    if (!name.empty() && !inside.contains(name)) names.push_back(name);
  }
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) outer_names(attribute.g(), inside, names);
    for (const auto& body : attribute.graphs()) outer_names(body, inside, names);
  }
}

bool is_random(const ::onnx::NodeProto& node) {
  constexpr std::array<std::string_view, 6> ops{"RandomNormal",     "RandomUniform",
                                                "RandomNormalLike", "RandomUniformLike",
                                                "Multinomial",      "Bernoulli"};
  return std::find(ops.begin(), ops.end(), node.op_type()) != ops.end();
}

bool is_standard(const ::onnx::NodeProto& node) {
  return node.domain().empty() || node.domain() == "ai.onnx" || node.domain() == "com.microsoft";
}

bool only_reads_shape(const ::onnx::NodeProto& node) {
  return is_op(node, "Shape") || is_op(node, "Size");
}

// Operations whose result shares the elements of their first input, or is cheaper to compute than
// to send.
bool is_view(const ::onnx::NodeProto& node) {
  constexpr std::array<std::string_view, 6> ops{"Reshape",   "Flatten",  "Squeeze",
                                                "Unsqueeze", "Identity", "DequantizeLinear"};
  return is_standard(node) && std::find(ops.begin(), ops.end(), node.op_type()) != ops.end();
}

class NodeReader {
 public:
  explicit NodeReader(const ModelFile& model) : model_(model) {
    nodes_.graph = &model.proto.graph();
  }

  NodeGraph read() {
    const ::onnx::GraphProto& graph = *nodes_.graph;
    for (const auto& weight : graph.initializer()) {
      GraphValue& value = make(weight.name());
      value.weight = &weight;
      value.is_fixed = true;
    }
    for (const auto& weight : graph.sparse_initializer()) {
      GraphValue& value = make(weight.values().name());
      value.sparse = &weight;
      value.is_fixed = true;
    }
    for (const auto& input : graph.input()) {
      if (nodes_.numbers.contains(input.name())) continue;  // a weight that can be overridden
      make(input.name()).is_input = true;
      nodes_.inputs.push_back(nodes_.numbers.at(input.name()));
    }
    for (const auto& node : graph.node()) add(node);
    for (const auto& output : graph.output()) {
      nodes_.outputs.push_back(find(output.name(), "the model's outputs"));
    }
    return std::move(nodes_);
  }

 private:
  GraphValue& make(const std::string& name) {
    const auto [place, is_new] =
        nodes_.numbers.try_emplace(name, static_cast<int>(nodes_.values.size()));
    if (!is_new) fail(fmt::format("makes '{}' twice", clean_text(name)));
    GraphValue value;
    value.name = name;
    return nodes_.values.emplace_back(std::move(value));
  }

  int find(const std::string& name, const std::string& reader) const {
    const auto place = nodes_.numbers.find(name);
    if (place != nodes_.numbers.end()) return place->second;
    fail(fmt::format("has no '{}', or makes it after {} reads it", clean_text(name), reader));
  }

  [[noreturn]] void fail(const std::string& fault) const {
    throw_damaged(fault + ": it is not a valid ONNX model", model_.path.string());
  }

  void add(const ::onnx::NodeProto& node) {
    std::vector<std::string> names;
    outer_names(node, {}, names);
    std::vector<int> reads;
    for (const std::string& name : names) reads.push_back(find(name, clean_text(node.op_type())));
    const auto is_fixed_value = [&](int value) { return nodes_.values[value].is_fixed; };
    const bool can_be_fixed = is_standard(node) && !has_body(node) && !is_random(node);
    const bool is_fixed =
        can_be_fixed &&
        (only_reads_shape(node) || is_op(node, "Constant") ||
         (!reads.empty() && std::all_of(reads.begin(), reads.end(), is_fixed_value)));
    const int source = is_view(node) && !is_fixed ? view_source(reads) : -1;
    std::sort(reads.begin(), reads.end());
    reads.erase(std::unique(reads.begin(), reads.end()), reads.end());
    std::vector<int> makes;
    for (const std::string& name : node.output()) {
      if (name.empty()) continue;
      GraphValue& value = make(name);
      value.node = static_cast<int>(nodes_.makes.size());
      value.is_fixed = is_fixed;
      value.view_of = source;
      makes.push_back(nodes_.numbers.at(name));
    }
    nodes_.reads.push_back(std::move(reads));
    nodes_.makes.push_back(std::move(makes));
    nodes_.is_fixed.push_back(is_fixed);
  }

  // The first value read, where all others are fixed.
  int view_source(const std::vector<int>& reads) const {
    if (reads.empty() || nodes_.values[reads.front()].is_fixed) return -1;
    const bool others_fixed = std::all_of(reads.begin() + 1, reads.end(),
                                          [&](int value) { return nodes_.values[value].is_fixed; });
    return others_fixed ? reads.front() : -1;
  }

  const ModelFile& model_;
  NodeGraph nodes_;
};

}  // namespace

bool is_op(const ::onnx::NodeProto& node, std::string_view op_type) {
  return node.op_type() == op_type && (node.domain().empty() || node.domain() == "ai.onnx");
}

const ::onnx::AttributeProto* find_attribute(const ::onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

std::vector<std::int64_t> integers(const ::onnx::NodeProto& node, std::string_view name,
                                   std::vector<std::int64_t> absent) {
  const auto* attribute = find_attribute(node, name);
  if (!attribute) return absent;
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::int64_t integer(const ::onnx::NodeProto& node, std::string_view name, std::int64_t absent) {
  const auto* attribute = find_attribute(node, name);
  return attribute ? attribute->i() : absent;
}

NodeGraph read_nodes(const ModelFile& model) { return NodeReader(model).read(); }

}  // namespace scission::onnx
