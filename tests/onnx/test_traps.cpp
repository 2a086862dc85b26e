// What models that people have do differently: each is cut everywhere and gives the same results.
#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;
using namespace scission::testing;

const std::string negative_one("\0\0\x80\xbf", 4);

// if (flag) result = r + inner_weight, else result = r, in a model with a layer before and after.
OnnxBuilder model_with_if() {
  OnnxBuilder model;
  model.input("x", {1, 4}).input("flag", {}, ::onnx::TensorProto::BOOL).output("y", {1, 4});
  model.weight("only_in_body", {1, 4});
  model.node("Relu", {"x"}, {"r"});
  OnnxBuilder then_branch, else_branch;
  then_branch.node("Add", {"r", "only_in_body"}, {"then_out"});
  then_branch.output("then_out", {1, 4});
  else_branch.node("Identity", {"r"}, {"else_out"});
  else_branch.output("else_out", {1, 4});
  auto& choice = model.node("If", {"flag"}, {"chosen"});
  set_graph(choice, "then_branch", then_branch.graph());
  set_graph(choice, "else_branch", else_branch.graph());
  model.node("Tanh", {"chosen"}, {"y"});
  return model;
}

TEST_CASE("an If is one layer that reads what its bodies take from outside") {
  const Scratch folder;
  const fs::path file = model_with_if().write(folder.path());
  const SegmentManifest manifest = check_split(source_of(file), folder.path() / "segments");
  REQUIRE(manifest.segments.size() == 4);
  CHECK(manifest.segments[2].inputs.size() == 2);
}

TEST_CASE("a Loop is one layer and repeats by a number that crosses") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  OnnxBuilder model;
  model.input("x", {1, 4}).input("times", {}, ::onnx::TensorProto::INT64).output("y", {1, 4});
  model.node("Relu", {"x"}, {"r"});
  OnnxBuilder body;
  body.input("i", {}, ::onnx::TensorProto::INT64).input("go_on", {}, ::onnx::TensorProto::BOOL);
  body.input("state", {1, 4});
  body.node("Identity", {"go_on"}, {"still"});
  body.node("Add", {"state", "r"}, {"next"});
  body.output("still", {}, ::onnx::TensorProto::BOOL).output("next", {1, 4});
  auto& loop = model.node("Loop", {"times", "", "r"}, {"summed"});
  set_graph(loop, "body", body.graph());
  model.node("Tanh", {"summed"}, {"y"});
  check_split(source_of(model.write(folder.path())), folder.path() / "segments");
}

TEST_CASE("a constant that all layers read is in every segment and crosses no cut") {
  const Scratch folder;
  OnnxBuilder model;
  model.input("v0", {1, 4}).output("v3", {1, 4});
  auto& constant = model.node("Constant", {}, {"c"});
  ::onnx::AttributeProto& attribute = *constant.add_attribute();
  attribute.set_name("value");
  attribute.set_type(::onnx::AttributeProto::TENSOR);
  attribute.mutable_t()->set_data_type(::onnx::TensorProto::FLOAT);
  attribute.mutable_t()->set_raw_data(negative_one);
  model.node("Neg", {"c"}, {"one"});
  for (int i = 0; i < 3; ++i) {
    const std::string from = "v" + std::to_string(i), to = "v" + std::to_string(i + 1);
    model.node("Add", {from, "one"}, {to});
  }
  const SegmentManifest manifest = check_split(source_of(model.write(folder.path())),
                                               folder.path() / "segments", CutKind::single);
  CHECK(manifest.segments.size() == 4);
}

TEST_CASE("an output that is an input crosses to the end") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  OnnxBuilder model = chain_model(2);
  model.output("v0", {1, 16});
  const SegmentManifest manifest =
      check_split(source_of(model.write(folder.path())), folder.path() / "segments");
  REQUIRE(manifest.segments.size() == 3);
  CHECK(manifest.segments[1].inputs.size() == 1);
  CHECK(manifest.segments[1].outputs.size() == 2);
}

TEST_CASE("inputs that a node leaves out stay left out") {
  const Scratch folder;
  OnnxBuilder model;
  model.input("x", {1, 2, 4, 4}).output("y", {1, 2, 8, 8});
  model.weight("scales", {4})
      .set_raw_data(std::string("\0\0\x80\x3f\0\0\x80\x3f\0\0\0\x40\0\0\0\x40", 16));
  model.node("Relu", {"x"}, {"r"});
  model.node("Resize", {"r", "", "scales"}, {"y"});
  check_split(source_of(model.write(folder.path())), folder.path() / "segments");
}

TEST_CASE("a weight that is declared as an input too is a weight") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  OnnxBuilder model = residual_model();
  model.input("fc.weight", {4, 5}).input("zero", {1}, ::onnx::TensorProto::INT64);
  model.proto().set_ir_version(3);
  for (const auto& weight : model.graph().initializer()) {
    if (weight.name() == "fc.weight" || weight.name() == "zero") continue;
    model.input(weight.name(), Extents(weight.dims().begin(), weight.dims().end()),
                weight.data_type());
  }
  check_split(source_of(model.write(folder.path())), folder.path() / "segments");
}

TEST_CASE("weights in another file are copied into the segments that use them") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  OnnxBuilder model = residual_model();
  for (auto& weight : *model.graph().mutable_initializer()) {
    if (weight.data_type() == ::onnx::TensorProto::FLOAT) {
      make_external(weight, folder.path(), "weights.bin");
    }
  }
  const SegmentManifest manifest =
      check_split(source_of(model.write(folder.path())), folder.path() / "segments");
  CHECK(manifest.segments[1].bytes > 4 * 3 * 3 * 3 * 4);  // conv1, with its weights
  CHECK(manifest.segments[2].bytes < 4 * 3 * 3 * 3 * 4);  // relu
}

TEST_CASE("a function of the model is one layer, and in the segments that call it") {
  const Scratch folder;
  OnnxBuilder model(13, 8);
  model.proto().add_opset_import()->set_domain("local");
  model.proto().mutable_opset_import(1)->set_version(1);
  ::onnx::FunctionProto& function = *model.proto().add_functions();
  function.set_name("Twice");
  function.set_domain("local");
  function.add_input("a");
  function.add_output("b");
  function.add_opset_import()->set_version(13);
  auto& add = *function.add_node();
  add.set_op_type("Add");
  add.add_input("a");
  add.add_input("a");
  add.add_output("b");
  model.input("x", {1, 4}).output("y", {1, 4});
  model.node("Relu", {"x"}, {"r"});
  model.node("Twice", {"r"}, {"t"}).set_domain("local");
  model.node("Tanh", {"t"}, {"y"});
  const fs::path file = model.write(folder.path());
  check_split(source_of(file), folder.path() / "segments");
  const SplitModel split = split_of(source_of(file));
  CHECK(split.graph().uncounted == std::vector<std::string>{"local::Twice"});
}

TEST_CASE("an output that only weights make, and one that is a shape, are in the last segment") {
  const Scratch folder;
  OnnxBuilder model = chain_model(2);
  model.weight("w", {3});
  model.node("Neg", {"w"}, {"fixed"});
  model.node("Shape", {"v1"}, {"shape"});
  model.output("fixed", {3}).output("shape", {2}, ::onnx::TensorProto::INT64);
  check_split(source_of(model.write(folder.path())), folder.path() / "segments");
}

#ifdef SCISSION_HAS_ONNX_RUNTIME
TEST_CASE("a shape that depends on data comes from a run, with the sizes seen") {
  const Scratch folder;
  OnnxBuilder model;
  model.input("x", {1, 64}).output("y", {2, -1}, ::onnx::TensorProto::INT64);
  model.node("Relu", {"x"}, {"r"});
  model.node("NonZero", {"r"}, {"places"});
  model.node("Mul", {"places", "places"}, {"y"});
  const fs::path file = model.write(folder.path());
  const SegmentManifest manifest = check_split(source_of(file), folder.path() / "segments");
  REQUIRE(manifest.segments.size() == 4);
  CHECK(manifest.segments[2].outputs[0].shape.size() == 2);
  CHECK(manifest.segments[2].outputs[0].bytes_seen.has_value());
}

TEST_CASE("an operation that ONNX Runtime does not have is named") {
  const Scratch folder;
  OnnxBuilder model = chain_model(2);
  model.proto().add_opset_import()->set_domain("mine");
  model.proto().mutable_opset_import(1)->set_version(1);
  model.graph().mutable_node(0)->set_domain("mine");
  model.graph().mutable_node(0)->set_op_type("Special");
  const fs::path file = model.write(folder.path());
  CHECK_ERROR(split_of(source_of(file)), ErrorCode::damaged, "Special");
}
#endif

TEST_CASE("inputs are found by name or position, and others are refused with the model's") {
  const Scratch folder;
  OnnxBuilder model;
  model.input("a", {-1, 4}).input("b", {-1, 5}).output("y", {-1, 9});
  set_integer(model.node("Concat", {"a", "b"}, {"y"}), "axis", 1);
  const fs::path file = model.write(folder.path());
  const SegmentManifest manifest = check_split(source_of(file, "b=2,5;a=2,4"), folder.path() / "s");
  CHECK(manifest.segments[0].inputs[0].name == "b");
  CHECK_ERROR(split_of(source_of(file, "2,4;2,4")), ErrorCode::mismatch,
              "takes b (float32, ?x5), not float32, 2x4");
  CHECK_ERROR(split_of(source_of(file, "2,4;2,5:int32")), ErrorCode::mismatch, "not int32, 2x5");
  CHECK_ERROR(split_of(source_of(file, "2,4")), ErrorCode::mismatch,
              "takes 2 inputs, not 1: a (float32, ?x4), b (float32, ?x5)");
  CHECK_ERROR(split_of(source_of(file, "a=2,4;c=2,5")), ErrorCode::mismatch, "has no input 'c'");
}

}  // namespace
}  // namespace scission::onnx
