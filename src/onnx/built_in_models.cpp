#include "onnx/built_in_models.hpp"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "zoo/models.hpp"

namespace scission::onnx {
namespace {

constexpr int ir_version = 7;
constexpr int opset = 13;

using Integers = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

/// A value in the expression of a layer: a tensor, a number, or a list. None and False are 0.
struct Argument {
  std::string tensor;  ///< its name in the ONNX graph; empty for a number or a list
  double number = 0;
  std::vector<Argument> items = {};

  Integers integers() const {
    Integers all;
    for (const Argument& item : items) all.push_back(static_cast<std::int64_t>(item.number));
    return all;
  }
};

/// The arguments of a call, of which those by keyword have a name.
struct Call {
  std::string function;  ///< "conv2d"
  std::vector<Argument> arguments = {};
  double alpha = 1;  ///< the only keyword that layers use

  Argument at(std::size_t i) const { return i < arguments.size() ? arguments[i] : Argument{}; }
  const std::string& tensor(std::size_t i) const { return arguments.at(i).tensor; }
  std::int64_t integer(std::size_t i) const { return static_cast<std::int64_t>(at(i).number); }
  Integers integers(std::size_t i) const { return at(i).integers(); }
};

/// Which is what relu does.
bool is_clamped_at_0(const Call& call) {
  const bool is_clamp = call.function == "clamp" || call.function == "clamp_min";
  return is_clamp && call.arguments.size() == 2 && call.at(1).tensor.empty() &&
         call.at(1).number == 0;
}

/// One after the other: 1,2 → 1,2,1,2.
Integers twice(Integers values) {
  const Integers copy = values;
  values.insert(values.end(), copy.begin(), copy.end());
  return values;
}

/// Parses the TorchScript expression of a layer and adds nodes that compute the same.
class LayerWriter {
 public:
  LayerWriter(const zoo::ModelSpec& model, const zoo::LayerSpec& layer, ::onnx::GraphProto& graph)
      : model_(model), layer_(layer), graph_(graph), rest_(layer.expression) {}

  /// The layer's output is a value with the layer's name.
  void write() { expression(layer_.name); }

 private:
  // --- Parsing ---

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    return true;
  }

  template <typename Predicate>
  std::string take_while(Predicate is_part) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_part);
    std::string taken(rest_.begin(), end);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string identifier() {
    return take_while([](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::unsupported, fmt::format("cannot be written as ONNX: {}", what),
                fmt::format("{}, layer {}", model_.name, layer_.name));
  }

  /// `result` names the tensor that a call computes.
  Argument expression(const std::string& result) {
    if (take("torch.")) return call(result);
    if (take("self.")) return {layer_.name + "." + identifier()};
    if (take("None") || take("False")) return {};
    if (take("True")) return {"", 1};
    if (take("[")) return list();
    if (take("x")) {
      const auto input = static_cast<std::size_t>(text::to_int(identifier()).value());
      return {model_.layers[static_cast<std::size_t>(layer_.inputs.at(input))].name};
    }
    const std::string number = take_while(
        [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '+'; });
    const std::optional<double> value = text::to_double(number);
    if (!value) fail(fmt::format("'{}' is no expression", rest_));
    return {"", *value};
  }

  Argument list() {
    Argument all;
    while (!take("]")) {
      all.items.push_back(expression(fresh("item")));
      take(",");
    }
    return all;
  }

  Argument call(const std::string& result) {
    Call call{identifier()};
    take("(");
    while (!take(")")) {
      if (take("alpha=")) {
        call.alpha = expression("").number;
      } else {
        call.arguments.push_back(expression(fresh(call.function)));
      }
      take(",");
    }
    convert(call, result);
    return {result};
  }

  std::string fresh(const std::string& what) {
    return fmt::format("{}.{}_{}", layer_.name, what, count_++);
  }

  // --- Writing ---

  ::onnx::NodeProto& node(const std::string& op, const Names& inputs, const std::string& output) {
    ::onnx::NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(output == layer_.name ? fmt::format("/{}/{}", layer_.name, op)
                                        : fmt::format("/{}/{}_{}", layer_.name, op, count_++));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  static ::onnx::AttributeProto& attribute(::onnx::NodeProto& node, const char* name,
                                           ::onnx::AttributeProto::AttributeType type) {
    ::onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }

  static void set(::onnx::NodeProto& node, const char* name, std::int64_t value) {
    attribute(node, name, ::onnx::AttributeProto::INT).set_i(value);
  }

  static void set(::onnx::NodeProto& node, const char* name, const Integers& values) {
    ::onnx::AttributeProto& list = attribute(node, name, ::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) list.add_ints(value);
  }

  std::string constant(const Integers& values) {
    ::onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(fresh("constant"));
    tensor.set_data_type(::onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return tensor.name();
  }

  /// `count` equal numbers; without, a scalar.
  std::string constant(double value, std::int64_t count = 0) {
    ::onnx::TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(fresh("constant"));
    tensor.set_data_type(::onnx::TensorProto::FLOAT);
    if (count > 0) tensor.add_dims(count);
    for (std::int64_t i = 0; i < std::max<std::int64_t>(count, 1); ++i) {
      tensor.add_float_data(static_cast<float>(value));
    }
    return tensor.name();
  }

  /// The argument as a tensor: a number becomes a constant.
  std::string operand(const Argument& argument, double factor = 1) {
    if (argument.tensor.empty()) return constant(factor * argument.number);
    if (factor == 1) return argument.tensor;
    const std::string scaled = fresh("scaled");
    node("Mul", {argument.tensor, constant(factor)}, scaled);
    return scaled;
  }

  void convert(const Call& call, const std::string& result);
  void convolution(const Call& call, const std::string& result);
  void pooling(const Call& call, const std::string& result);
  void batch_norm(const Call& call, const std::string& result);
  void padding(const Call& call, const std::string& result);

  const zoo::ModelSpec& model_;
  const zoo::LayerSpec& layer_;
  ::onnx::GraphProto& graph_;
  std::string_view rest_;
  int count_ = 0;
};

void LayerWriter::convolution(const Call& call, const std::string& result) {
  Names inputs = {call.tensor(0), call.tensor(1)};
  if (!call.tensor(2).empty()) inputs.push_back(call.tensor(2));
  ::onnx::NodeProto& conv = node("Conv", inputs, result);
  if (call.arguments.size() == 3) return;
  if (call.integers(5) != Integers{1, 1}) fail("a dilated convolution has no counterpart here");
  set(conv, "strides", call.integers(3));
  set(conv, "pads", twice(call.integers(4)));
  set(conv, "group", call.integer(6));
}

void LayerWriter::pooling(const Call& call, const std::string& result) {
  const bool is_average = call.function != "max_pool2d";
  ::onnx::NodeProto& pool = node(is_average ? "AveragePool" : "MaxPool", {call.tensor(0)}, result);
  set(pool, "kernel_shape", call.integers(1));
  set(pool, "strides", call.integers(2));
  set(pool, "pads", twice(call.integers(3)));
  set(pool, "ceil_mode", call.integer(is_average ? 4 : 5));
  // In TorchScript padding counts by default.
  if (is_average) set(pool, "count_include_pad", call.arguments.size() > 5 ? call.integer(5) : 1);
}

void LayerWriter::batch_norm(const Call& call, const std::string& result) {
  Names inputs = {call.tensor(0), call.tensor(1), call.tensor(2), call.tensor(3), call.tensor(4)};
  if (inputs[1].empty()) inputs[1] = constant(1, layer_.output.front());
  ::onnx::NodeProto& norm = node("BatchNormalization", inputs, result);
  attribute(norm, "epsilon", ::onnx::AttributeProto::FLOAT)
      .set_f(static_cast<float>(call.at(7).number));
}

void LayerWriter::padding(const Call& call, const std::string& result) {
  const Integers pads = call.integers(1);  // left, right, top, bottom
  node("Pad", {call.tensor(0), constant({0, 0, pads[2], pads[0], 0, 0, pads[3], pads[1]})}, result);
}

void LayerWriter::convert(const Call& call, const std::string& result) {
  const std::string& f = call.function;
  const auto x = [&] { return call.tensor(0); };
  if (f == "conv2d") {
    convolution(call, result);
  } else if (f == "max_pool2d" || f == "avg_pool2d" || f == "avg_pool3d") {
    pooling(call, result);
  } else if (f == "batch_norm") {
    batch_norm(call, result);
  } else if (f == "constant_pad_nd") {
    padding(call, result);
  } else if (f == "relu" || is_clamped_at_0(call)) {
    node("Relu", {x()}, result);
  } else if (f == "relu6") {
    node("Clip", {x(), constant(0.0), constant(6.0)}, result);
  } else if (f == "tanh" || f == "dropout") {
    node(text::capitalized(f), {x()}, result);
  } else if (f == "add" || f == "mul" || f == "div" || f == "pow") {
    const std::string second = operand(call.at(1), call.alpha);
    node(text::capitalized(f), {x(), second}, result);
  } else if (f == "squeeze" || f == "unsqueeze") {
    node(text::capitalized(f), {x(), constant(Integers{call.integer(1)})}, result);
  } else if (f == "softmax") {
    set(node("Softmax", {x()}, result), "axis", call.integer(1));
  } else if (f == "flatten") {
    set(node("Flatten", {x()}, result), "axis", call.integer(1));
  } else if (f == "reshape") {
    node("Reshape", {x(), constant(call.integers(1))}, result);
  } else if (f == "linear") {
    set(node("Gemm", {x(), call.tensor(1), call.tensor(2)}, result), "transB", 1);
  } else if (f == "mean") {
    ::onnx::NodeProto& mean = node("ReduceMean", {x()}, result);
    set(mean, "axes", call.integers(1));
    set(mean, "keepdims", 0);
  } else if (f == "cat") {
    Names parts;
    for (const Argument& part : call.at(0).items) parts.push_back(part.tensor);
    set(node("Concat", parts, result), "axis", call.integer(1));
  } else {
    fail(fmt::format("torch.{} has no counterpart here", f));
  }
}

void describe(::onnx::ValueInfoProto& info, const zoo::LayerSpec& layer) {
  info.set_name(layer.name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(::onnx::TensorProto::FLOAT);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  for (const std::int64_t extent : layer.output) {
    tensor.mutable_shape()->add_dim()->set_dim_value(extent);
  }
}

void add_weight(const zoo::LayerSpec& layer, const zoo::WeightSpec& weight,
                zoo::WeightStream& stream, ::onnx::GraphProto& graph) {
  ::onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(layer.name + "." + weight.name);
  tensor.set_data_type(::onnx::TensorProto::FLOAT);
  for (const std::int64_t extent : weight.shape) tensor.add_dims(extent);
  std::vector<float> values(static_cast<std::size_t>(zoo::elements(weight.shape)));
  stream.draw(weight, values.data());
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
}

}  // namespace

void export_built_in_model(const std::string& name, const std::filesystem::path& path,
                           std::uint64_t seed) {
  const zoo::ModelSpec spec = zoo::make_model(name);
  ::onnx::ModelProto model;
  model.set_ir_version(ir_version);
  model.set_producer_name("Scission");
  model.add_opset_import()->set_version(opset);
  ::onnx::GraphProto& graph = *model.mutable_graph();
  graph.set_name(spec.name);
  describe(*graph.add_input(), spec.layers.front());
  describe(*graph.add_output(), spec.layers.back());
  zoo::WeightStream stream(seed);
  for (std::size_t i = 1; i < spec.layers.size(); ++i) {
    const zoo::LayerSpec& layer = spec.layers[i];
    for (const zoo::WeightSpec& weight : layer.weights) add_weight(layer, weight, stream, graph);
    LayerWriter(spec, layer, graph).write();
  }
  write_file_atomically(path, model.SerializeAsString());
}

}  // namespace scission::onnx
