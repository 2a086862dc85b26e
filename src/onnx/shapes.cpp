#include "onnx/shapes.hpp"

#include <fmt/format.h>
#include <onnx/shape_inference/implementation.h>

#include <unordered_set>

#include "base/require.hpp"
#include "base/text.hpp"
#include "onnx/session.hpp"

namespace scission::onnx {
namespace {

using Shape = std::vector<std::int64_t>;

std::optional<Shape> known_shape(const ::onnx::TypeProto::Tensor& type) {
  if (!type.has_shape()) return std::nullopt;
  Shape shape;
  for (const auto& dim : type.shape().dim()) {
    if (!dim.has_dim_value() || dim.dim_value() < 0) return std::nullopt;
    shape.push_back(dim.dim_value());
  }
  return shape;
}

void note_type(const ::onnx::ValueInfoProto& info, const NodeGraph& nodes,
               std::vector<ValueType>& types) {
  const auto number = nodes.numbers.find(info.name());
  if (number == nodes.numbers.end()) return;
  ValueType& type = types[number->second];
  if (info.type().has_tensor_type()) {
    type.is_tensor = true;
    type.dtype = dtype_name(info.type().tensor_type().elem_type());
    type.shape = known_shape(info.type().tensor_type());
  } else if (info.type().value_case() != ::onnx::TypeProto::VALUE_NOT_SET) {
    type.is_tensor = false;
  }
}

void bind_shapes(const NodeGraph& nodes, const std::vector<Shape>& shapes,
                 ::onnx::GraphProto& graph) {
  std::unordered_map<std::string, const Shape*> by_name;
  for (std::size_t i = 0; i < nodes.inputs.size(); ++i) {
    by_name[nodes.values[nodes.inputs[i]].name] = &shapes.at(i);
  }
  for (auto& input : *graph.mutable_input()) {
    const auto shape = by_name.find(input.name());
    if (shape == by_name.end()) continue;
    auto& type = *input.mutable_type()->mutable_tensor_type();
    type.clear_shape();
    type.mutable_shape();
    for (const std::int64_t extent : *shape->second) {
      type.mutable_shape()->add_dim()->set_dim_value(extent);
    }
  }
  // What the file says about other values holds for any input, or for another one.
  graph.clear_value_info();
  for (auto& output : *graph.mutable_output()) {
    if (output.type().has_tensor_type()) {
      output.mutable_type()->mutable_tensor_type()->clear_shape();
    }
  }
}

// Without it, libonnx takes the window's dimensions from the weight, and compares their number with
// the image's only where the node states them: it reads beyond the image's.
void state_windows(const NodeGraph& nodes, ::onnx::GraphProto& graph) {
  for (auto& node : *graph.mutable_node()) {
    if (!node.op_type().starts_with("Conv") || node.input_size() < 2) continue;
    const auto weight = nodes.numbers.find(node.input(1));
    if (weight == nodes.numbers.end() || find_attribute(node, "kernel_shape")) continue;
    const ::onnx::TensorProto* tensor = nodes.values[weight->second].weight;
    if (tensor == nullptr || tensor->dims_size() < 3) continue;
    ::onnx::AttributeProto& window = *node.add_attribute();
    window.set_name("kernel_shape");
    window.set_type(::onnx::AttributeProto::INTS);
    window.mutable_ints()->Add(tensor->dims().begin() + 2, tensor->dims().end());
  }
}

// The values whose type or shape the inference did not find.
std::vector<int> unknown_values(const NodeGraph& nodes, const std::vector<ValueType>& types) {
  std::vector<int> unknown;
  for (int value = 0; value < static_cast<int>(types.size()); ++value) {
    if (nodes.values[value].is_fixed || !types[value].is_tensor) continue;
    if (types[value].dtype.empty() || !types[value].shape) unknown.push_back(value);
  }
  return unknown;
}

// Operations whose output's shape is a matter of the elements of what they read at or behind this
// place, unless those are fixed; −1 for none.
int shape_place(const ::onnx::NodeProto& node) {
  static const std::unordered_map<std::string_view, int> places{{"NonZero", 0},
                                                                {"NonMaxSuppression", 0},
                                                                {"Unique", 0},
                                                                {"Compress", 1},
                                                                {"If", 0},
                                                                {"Loop", 0},
                                                                {"Scan", 0},
                                                                {"Reshape", 1},
                                                                {"Expand", 1},
                                                                {"Tile", 1},
                                                                {"Slice", 1},
                                                                {"Pad", 1},
                                                                {"Resize", 1},
                                                                {"Upsample", 1},
                                                                {"TopK", 1},
                                                                {"OneHot", 1},
                                                                {"ConstantOfShape", 0},
                                                                {"Range", 0},
                                                                {"Split", 1},
                                                                {"Squeeze", 1},
                                                                {"Unsqueeze", 1},
                                                                {"CenterCropPad", 1},
                                                                {"Trilu", 1}};
  const bool is_known =
      node.domain().empty() || node.domain() == "ai.onnx" || node.domain() == "com.microsoft";
  if (!is_known) return 0;
  const auto place = places.find(node.op_type());
  return place == places.end() ? -1 : place->second;
}

// Whether data decide the shapes of what the node makes, given that inference does not know them.
bool decides_by_data(const NodeGraph& nodes, int number, const std::vector<ValueType>& types) {
  const ::onnx::NodeProto& node = nodes.node(number);
  const int place = shape_place(node);
  for (int i = 0; i < node.input_size(); ++i) {
    const auto value = nodes.numbers.find(node.input(i));
    if (value == nodes.numbers.end()) continue;
    if (types[value->second].depends_on_data) return true;
    if (place >= 0 && i >= place && !nodes.values[value->second].is_fixed) return true;
  }
  return false;
}

// Runs the model once with these values as further outputs.
void run_for_types(const ModelFile& model, const NodeGraph& nodes, const std::vector<int>& unknown,
                   const std::vector<Tensor>& inputs, std::vector<ValueType>& types) {
  if (!has_runtime()) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("the shape of '{}' is known only after a run, which needs ONNX Runtime: "
                    "build Scission with it",
                    clean_text(nodes.values[unknown.front()].name)),
        model.path.string());
  }
  ::onnx::ModelProto with_outputs = model.proto;
  ::onnx::GraphProto& graph = *with_outputs.mutable_graph();
  graph.clear_output();
  for (const int value : unknown) graph.add_output()->set_name(nodes.values[value].name);
  SessionOptions options;
  options.is_optimized = false;
  options.weights = std::filesystem::absolute(model.path).parent_path();
  Session session(with_outputs.SerializeAsString(), model.path.string(), options);
  const std::vector<Tensor> outputs = session.run(inputs);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    ValueType& type = types[unknown[i]];
    type.dtype = outputs[i].dtype;
    type.is_tensor = !outputs[i].dtype.empty();
    if (type.is_tensor) type.shape = outputs[i].shape;
    const int maker = nodes.values[unknown[i]].node;
    type.depends_on_data = maker >= 0 && decides_by_data(nodes, maker, types);
  }
}

}  // namespace

std::int64_t ValueType::elements() const {
  if (!shape) return 0;
  std::int64_t count = 1;
  for (const std::int64_t extent : *shape) count *= extent;
  return count;
}

std::int64_t ValueType::bytes() const {
  return dtype.empty() ? 0 : elements() * static_cast<std::int64_t>(element_bytes(dtype));
}

namespace {

// What libonnx infers for inputs of these shapes.
std::vector<ValueType> inferred_types(const ModelFile& model, const NodeGraph& nodes,
                                      const std::vector<Shape>& shapes) {
  std::vector<ValueType> types(nodes.values.size());
  for (std::size_t value = 0; value < types.size(); ++value) {
    const ::onnx::TensorProto* weight = nodes.values[value].weight;
    if (weight == nullptr) continue;
    types[value].dtype = dtype_name(weight->data_type());
    types[value].shape = Shape(weight->dims().begin(), weight->dims().end());
  }
  ::onnx::ModelProto light = without_weights(model.proto);
  bind_shapes(nodes, shapes, *light.mutable_graph());
  state_windows(nodes, *light.mutable_graph());
  if (model.is_known) {
    try {
      ::onnx::shape_inference::InferShapes(light, ::onnx::OpSchemaRegistry::Instance(),
                                           ::onnx::ShapeInferenceOptions(false, 0, true));
    } catch (const std::exception&) {
      // What it found before stays; the rest comes from a run.
    }
  }
  for (const auto& info : light.graph().input()) note_type(info, nodes, types);
  for (const auto& info : light.graph().value_info()) note_type(info, nodes, types);
  for (const auto& info : light.graph().output()) note_type(info, nodes, types);
  return types;
}

}  // namespace

std::vector<ValueType> value_types(const ModelFile& model, const NodeGraph& nodes,
                                   const std::vector<Tensor>& inputs) {
  std::vector<Shape> shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape);
  std::vector<ValueType> types = inferred_types(model, nodes, shapes);
  const std::vector<int> unknown = unknown_values(nodes, types);
  if (!unknown.empty()) run_for_types(model, nodes, unknown, inputs, types);
  return types;
}

}  // namespace scission::onnx
