#include "onnx/segment_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/require.hpp"
#include "base/text.hpp"

namespace scission::onnx {
namespace {

using Shape = std::vector<std::int64_t>;

/// Collects what segments consist of. Marks are numbers of segments, so that nothing is reset.
class ContentsCollector {
 public:
  explicit ContentsCollector(const ReadModel& model)
      : model_(model),
        nodes_(model.nodes),
        present_(nodes_.values.size(), 0),
        needed_(nodes_.values.size(), 0),
        added_(nodes_.makes.size(), 0) {}

  SegmentContents collect(int first, int last, std::vector<int> inputs, std::vector<int> outputs) {
    ++segment_;
    contents_ = {};
    contents_.first_layer = first;
    contents_.last_layer = last;
    contents_.inputs = std::move(inputs);
    contents_.outputs = std::move(outputs);
    for (const int value : contents_.inputs) present_[value] = segment_;
    for (int layer = first; layer <= last; ++layer) {
      for (const int node : model_.layers[layer].nodes) {
        add_node(node);
        for (const int value : nodes_.makes[node]) present_[value] = segment_;
      }
    }
    for (int layer = first; layer <= last; ++layer) {
      for (const int node : model_.layers[layer].nodes) need(nodes_.reads[node]);
    }
    need(contents_.outputs);
    std::sort(contents_.nodes.begin(), contents_.nodes.end());
    std::sort(contents_.constants.begin(), contents_.constants.end());
    return std::move(contents_);
  }

 private:
  void add_node(int node) {
    if (std::exchange(added_[node], segment_) != segment_) contents_.nodes.push_back(node);
  }

  void need(const std::vector<int>& values) {
    std::vector<int> open(values.rbegin(), values.rend());
    while (!open.empty()) {
      const int value = open.back();
      open.pop_back();
      if (present_[value] == segment_ || std::exchange(needed_[value], segment_) == segment_) {
        continue;
      }
      if (nodes_.values[value].is_weight()) {
        contents_.weights.push_back(value);
        continue;
      }
      const int node = repeatable_maker(value);
      if (becomes_constant(node)) {
        if (std::exchange(added_[node], segment_) != segment_) contents_.constants.push_back(node);
        continue;
      }
      add_node(node);
      open.insert(open.end(), nodes_.reads[node].rbegin(), nodes_.reads[node].rend());
    }
  }

  int repeatable_maker(int value) const {
    const GraphValue& wanted = nodes_.values[value];
    if (wanted.node >= 0 && (wanted.is_fixed || wanted.view_of >= 0)) return wanted.node;
    throw Error(ErrorCode::mismatch,
                fmt::format("layers {} need '{}', which does not cross the cut before them",
                            layer_range(contents_.first_layer, contents_.last_layer),
                            clean_text(wanted.name)),
                "model " + model_.graph.name);
  }

  // A node that reads the shape of a value that is not in the segment.
  bool becomes_constant(int node) const {
    const bool reads_shape = is_op(nodes_.node(node), "Shape") || is_op(nodes_.node(node), "Size");
    if (!reads_shape || nodes_.reads[node].empty()) return false;
    const int source = nodes_.reads[node].front();
    return !nodes_.values[source].is_fixed && present_[source] != segment_;
  }

  const ReadModel& model_;
  const NodeGraph& nodes_;
  int segment_ = 0;
  std::vector<int> present_;  ///< segment in which the value is an input or made by a layer
  std::vector<int> needed_;   ///< segment in which the value was asked for
  std::vector<int> added_;    ///< segment to which the node was added
  SegmentContents contents_;
};

std::vector<int> in_nodes(const ReadModel& model, const std::vector<int>& values) {
  std::vector<int> numbers;
  for (const int value : values) numbers.push_back(model.values.at(value));
  return numbers;
}

void validate_cuts(const ModelGraph& graph, const std::vector<Cut>& cuts) {
  blocks_between(graph, cuts);
}

// The numbers that Shape or Size give.
Shape shape_numbers(const ::onnx::NodeProto& node, const ValueType& type) {
  if (is_op(node, "Size")) return {type.elements()};
  const Shape& shape = *type.shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto place = [&](std::int64_t index) {
    return std::clamp(index < 0 ? index + rank : index, std::int64_t{0}, rank);
  };
  const std::int64_t start = place(integer(node, "start", 0));
  const std::int64_t end = std::max(start, place(integer(node, "end", rank)));
  return {shape.begin() + start, shape.begin() + end};
}

::onnx::NodeProto constant_node(const ReadModel& model, int number) {
  const ::onnx::NodeProto& node = model.nodes.node(number);
  ::onnx::NodeProto constant;
  constant.set_op_type("Constant");
  constant.set_name(node.name());
  constant.add_output(node.output(0));
  ::onnx::AttributeProto& attribute = *constant.add_attribute();
  attribute.set_name("value");
  attribute.set_type(::onnx::AttributeProto::TENSOR);
  ::onnx::TensorProto& tensor = *attribute.mutable_t();
  tensor.set_data_type(::onnx::TensorProto::INT64);
  const Shape numbers = shape_numbers(node, model.types[model.nodes.reads[number].front()]);
  if (is_op(node, "Shape")) tensor.add_dims(static_cast<std::int64_t>(numbers.size()));
  for (const std::int64_t value : numbers) tensor.add_int64_data(value);
  return constant;
}

void describe_tensor(const GraphValue& value, const ValueType& type, const ValueType* other,
                     ::onnx::ValueInfoProto& info) {
  info.set_name(value.name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(elem_type(type.dtype));
  if (type.depends_on_data) {
    for (std::size_t i = 0; i < type.shape->size(); ++i) tensor.mutable_shape()->add_dim();
    return;
  }
  tensor.mutable_shape();
  for (std::size_t i = 0; i < type.shape->size(); ++i) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    const bool is_open = other && other->shape && other->shape->size() == type.shape->size() &&
                         (*other->shape)[i] != (*type.shape)[i];
    if (!is_open) dim.set_dim_value((*type.shape)[i]);
  }
}

using FunctionNames = std::unordered_set<std::string>;

void note_functions(const ::onnx::NodeProto& node, FunctionNames& names) {
  names.insert(node.domain() + "::" + node.op_type());
  for (const auto& attribute : node.attribute()) {
    for (const auto& inner : attribute.g().node()) note_functions(inner, names);
    for (const auto& body : attribute.graphs()) {
      for (const auto& inner : body.node()) note_functions(inner, names);
    }
  }
}

// The model's functions that the nodes call, also those called by functions.
void add_functions(const ::onnx::ModelProto& model, ::onnx::ModelProto& segment) {
  if (model.functions_size() == 0) return;
  FunctionNames names;
  for (const auto& node : segment.graph().node()) note_functions(node, names);
  for (std::size_t before = 0; before != names.size();) {
    before = names.size();
    for (const auto& function : model.functions()) {
      if (!names.contains(function.domain() + "::" + function.name())) continue;
      for (const auto& node : function.node()) note_functions(node, names);
    }
  }
  for (const auto& function : model.functions()) {
    if (names.contains(function.domain() + "::" + function.name())) {
      *segment.add_functions() = function;
    }
  }
}

void add_ports(const ReadModel& model, const SegmentContents& segment,
               const std::vector<ValueType>* other, ::onnx::GraphProto& graph) {
  const ::onnx::GraphProto& whole = *model.nodes.graph;
  std::unordered_map<std::string, const ::onnx::ValueInfoProto*> of_model;
  if (segment.first_layer == 0) {
    for (const auto& input : whole.input()) of_model[input.name()] = &input;
  }
  const auto describe = [&](int value, ::onnx::ValueInfoProto& info) {
    const ValueType* other_type = other ? &other->at(value) : nullptr;
    describe_tensor(model.nodes.values[value], model.types[value], other_type, info);
  };
  for (const int value : segment.inputs) {
    const auto known = of_model.find(model.nodes.values[value].name);
    if (known != of_model.end()) {
      *graph.add_input() = *known->second;
    } else {
      describe(value, *graph.add_input());
    }
  }
  if (segment.is_last) {
    *graph.mutable_output() = whole.output();
    return;
  }
  for (const int value : segment.outputs) describe(value, *graph.add_output());
}

}  // namespace

std::vector<SegmentContents> segment_contents(const ReadModel& model,
                                              const std::vector<Cut>& cuts) {
  validate_cuts(model.graph, cuts);
  ContentsCollector collector(model);
  std::vector<SegmentContents> segments;
  std::vector<int> inputs = model.nodes.inputs;
  int first = 0;
  for (const Cut& cut : cuts) {
    const bool is_last = cut.layer + 1 == static_cast<int>(model.graph.layers.size());
    std::vector<int> outputs = is_last ? model.nodes.outputs : in_nodes(model, cut.crossing);
    segments.push_back(collector.collect(first, cut.layer, inputs, outputs));
    segments.back().is_last = is_last;
    inputs = std::move(outputs);
    first = cut.layer + 1;
  }
  return segments;
}

bool holds_for_batch(const ReadModel& model, const std::vector<SegmentContents>& segments,
                     const std::vector<ValueType>& other) {
  const auto is_same_shape = [&](int node) {
    const int source = model.nodes.reads[node].front();
    return model.types[source].shape == other[source].shape;
  };
  const auto is_known = [&](int value) {
    return model.nodes.values[value].is_fixed || other[value].shape.has_value();
  };
  return std::all_of(segments.begin(), segments.end(), [&](const SegmentContents& segment) {
    return std::all_of(segment.constants.begin(), segment.constants.end(), is_same_shape) &&
           std::all_of(segment.inputs.begin(), segment.inputs.end(), is_known);
  });
}

::onnx::ModelProto segment_model(const ReadModel& model, const SegmentContents& segment,
                                 const std::vector<ValueType>* other) {
  const ::onnx::ModelProto& whole = model.file.proto;
  ::onnx::ModelProto result;
  // From version 4 on, weights need not be inputs.
  result.set_ir_version(std::max<std::int64_t>(whole.ir_version(), 4));
  *result.mutable_opset_import() = whole.opset_import();
  result.set_producer_name("scission");
  ::onnx::GraphProto& graph = *result.mutable_graph();
  graph.set_name(fmt::format("layers {}", layer_range(segment.first_layer, segment.last_layer)));
  for (const int node : segment.constants) *graph.add_node() = constant_node(model, node);
  for (const int node : segment.nodes) *graph.add_node() = model.nodes.node(node);
  for (const int value : segment.weights) {
    const GraphValue& weight = model.nodes.values[value];
    if (weight.weight) *graph.add_initializer() = *weight.weight;
    if (weight.sparse) *graph.add_sparse_initializer() = *weight.sparse;
  }
  add_ports(model, segment, other, graph);
  add_functions(whole, result);
  return result;
}

}  // namespace scission::onnx
