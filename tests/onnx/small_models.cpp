#include "onnx/small_models.hpp"

#include <onnx/checker.h>

#include <fstream>
#include <random>

#include "onnx/execute.hpp"
#include "onnx/inputs.hpp"
#include "support/catch.hpp"

namespace scission::testing {
namespace {

void describe(::onnx::ValueInfoProto& info, const std::string& name, const Extents& shape,
              int type) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape();
  for (const std::int64_t extent : shape) {
    auto& dim = *tensor.mutable_shape()->add_dim();
    if (extent < 0) {
      dim.set_dim_param("N");
    } else {
      dim.set_dim_value(extent);
    }
  }
}

}  // namespace

OnnxBuilder::OnnxBuilder(int opset, int ir_version) {
  model_.set_ir_version(ir_version);
  model_.add_opset_import()->set_version(opset);
  graph().set_name("graph");
}

OnnxBuilder& OnnxBuilder::input(const std::string& name, const Extents& shape, int type) {
  describe(*graph().add_input(), name, shape, type);
  return *this;
}

OnnxBuilder& OnnxBuilder::output(const std::string& name, const Extents& shape, int type) {
  describe(*graph().add_output(), name, shape, type);
  return *this;
}

::onnx::TensorProto& OnnxBuilder::weight(const std::string& name, const Extents& shape) {
  ::onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(::onnx::TensorProto::FLOAT);
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    tensor.add_dims(extent);
    count *= extent;
  }
  std::mt19937 random(static_cast<unsigned>(graph().initializer_size()));
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(uniform(random));
  tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  return tensor;
}

OnnxBuilder& OnnxBuilder::numbers(const std::string& name,
                                  const std::vector<std::int64_t>& values) {
  ::onnx::TensorProto& tensor = *graph().add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(::onnx::TensorProto::INT64);
  tensor.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return *this;
}

::onnx::NodeProto& OnnxBuilder::node(const std::string& op, const std::vector<std::string>& inputs,
                                     const std::vector<std::string>& outputs,
                                     const std::string& name) {
  ::onnx::NodeProto& node = *graph().add_node();
  node.set_op_type(op);
  node.set_name(name);
  for (const std::string& input : inputs) node.add_input(input);
  for (const std::string& output : outputs) node.add_output(output);
  return node;
}

std::filesystem::path OnnxBuilder::write(const std::filesystem::path& folder,
                                         const std::string& name) const {
  const std::filesystem::path file = folder / (name + ".onnx");
  std::ofstream stream(file, std::ios::binary);
  REQUIRE(model_.SerializeToOstream(&stream));
  return file;
}

void set_integer(::onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  ::onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(::onnx::AttributeProto::INT);
  attribute.set_i(value);
}

void set_integers(::onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values) {
  ::onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(::onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

void set_graph(::onnx::NodeProto& node, const std::string& name, const ::onnx::GraphProto& graph) {
  ::onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(::onnx::AttributeProto::GRAPH);
  *attribute.mutable_g() = graph;
}

OnnxBuilder residual_model() {
  OnnxBuilder model;
  model.input("x", {-1, 3, 8, 8});
  const auto conv = [&](const std::string& name, const std::string& from, int channels) {
    model.weight(name + ".weight", {4, channels, 3, 3});
    auto& node =
        model.node("Conv", {from, name + ".weight"}, {name + "_out"}, "/" + name + "/Conv");
    set_integers(node, "pads", {1, 1, 1, 1});
  };
  conv("conv1", "x", 3);
  model.node("Relu", {"conv1_out"}, {"relu_out"}, "/relu/Relu");
  model.weight("layer1.0.weight", {4, 4, 3, 3});
  auto& inner =
      model.node("Conv", {"relu_out", "layer1.0.weight"}, {"inner"}, "/layer1/layer1.0/conv/Conv");
  set_integers(inner, "pads", {1, 1, 1, 1});
  model.node("Add", {"inner", "relu_out"}, {"sum"}, "/layer1/layer1.0/Add");
  model.node("GlobalAveragePool", {"sum"}, {"pooled"}, "/pool/GlobalAveragePool");
  // Flattening by the batch's own number, as exporters write it.
  model.node("Shape", {"pooled"}, {"shape"}, "/Shape");
  model.numbers("zero", {0}).numbers("rest", {-1});
  model.node("Gather", {"shape", "zero"}, {"batch"}, "/Gather");
  auto& target = model.node("Concat", {"batch", "rest"}, {"target"}, "/Concat");
  set_integer(target, "axis", 0);
  model.node("Reshape", {"pooled", "target"}, {"flat"}, "/Reshape");
  model.weight("fc.weight", {4, 5});
  model.node("MatMul", {"flat", "fc.weight"}, {"y"}, "/fc/MatMul");
  model.output("y", {-1, 5});
  return model;
}

OnnxBuilder recurrent_model() {
  OnnxBuilder model(14);
  model.input("x", {2, 6}).output("y", {2, 6}).numbers("first", {0});
  const auto recurrent = [&](const char* op, const std::string& from, const std::string& to,
                             int gates) {
    const std::string name = op;
    model.weight(name + ".input", {1, gates * std::int64_t{6}, 6});
    model.weight(name + ".hidden", {1, gates * std::int64_t{6}, 6});
    model.node("Unsqueeze", {from, "first"}, {name + "_sequence"});
    auto& node = model.node(op, {name + "_sequence", name + ".input", name + ".hidden"},
                            {"", name + "_last"});
    set_integer(node, "hidden_size", 6);
    model.node("Squeeze", {name + "_last", "first"}, {to});
  };
  recurrent("LSTM", "x", "a", 4);
  OnnxBuilder body;
  body.input("i", {}, ::onnx::TensorProto::INT64).input("go_on", {}, ::onnx::TensorProto::BOOL);
  body.input("state", {2, 6}).node("Identity", {"go_on"}, {"still"});
  body.node("Add", {"state", "a"}, {"next"});
  body.output("still", {}, ::onnx::TensorProto::BOOL).output("next", {2, 6});
  ::onnx::TensorProto& trips = *model.graph().add_initializer();
  trips.set_name("trips");
  trips.set_data_type(::onnx::TensorProto::INT64);
  trips.add_int64_data(3);
  set_graph(model.node("Loop", {"trips", "", "a"}, {"b"}), "body", body.graph());
  recurrent("GRU", "b", "y", 3);
  return model;
}

OnnxBuilder chain_model(int length) {
  OnnxBuilder model;
  model.input("v0", {1, 16}).output("v" + std::to_string(length), {1, 16});
  for (int i = 0; i < length; ++i) {
    model.node("Relu", {"v" + std::to_string(i)}, {"v" + std::to_string(i + 1)});
  }
  return model;
}

void make_external(::onnx::TensorProto& weight, const std::filesystem::path& folder,
                   const std::string& file) {
  std::ofstream stream(folder / file, std::ios::binary | std::ios::app);
  stream.seekp(0, std::ios::end);
  const auto offset = static_cast<std::int64_t>(stream.tellp());
  stream << weight.raw_data();
  const auto add = [&](const char* key, const std::string& value) {
    auto& entry = *weight.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  };
  add("location", file);
  add("offset", std::to_string(offset));
  add("length", std::to_string(weight.raw_data().size()));
  weight.set_data_location(::onnx::TensorProto::EXTERNAL);
  weight.clear_raw_data();
}

ModelSource source_of(const std::filesystem::path& file, const std::string& inputs) {
  ModelSource source;
  source.name = file.stem().string();
  source.file = file;
  const onnx::ModelFile model = onnx::read_model_file(file);
  source.inputs = inputs.empty() ? onnx::specified_inputs(model) : parse_inputs(inputs);
  return source;
}

onnx::SplitModel split_of(const ModelSource& source, CutKind cuts, Granularity granularity) {
  return {source, {}, {cuts, granularity, std::nullopt, true}};
}

SegmentManifest check_split(const ModelSource& source, const std::filesystem::path& folder,
                            CutKind cuts, [[maybe_unused]] bool is_small) {
  const onnx::SplitModel split = split_of(source, cuts);
  std::filesystem::create_directories(folder);
  SegmentManifest manifest =
      onnx::write_segments(split, split.cuts().cuts, folder, {false, source.file, {}});
  for (const Segment& segment : manifest.segments) {
    INFO(segment.file << ", layers " << segment.first_layer << " to " << segment.last_layer);
    CHECK_NOTHROW(::onnx::checker::check_model((folder / segment.file).string()));
  }
#ifdef SCISSION_HAS_ONNX_RUNTIME
  for (const BatchComparison& verdict :
       onnx::verify_files(folder, source, {{source.inputs, 3}, {1, 3}, {}})) {
    INFO("batch " << verdict.batch << ": " << verdict.message);
    CHECK(verdict.bit_equal);
    if (is_small) CHECK_FALSE(contains(verdict.message, "more than"));
  }
#endif
  return manifest;
}

}  // namespace scission::testing
