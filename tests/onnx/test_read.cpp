// Reading ONNX models, and what is refused.
#include <sys/resource.h>

#include <fstream>

#include "base/file.hpp"
#include "onnx/inputs.hpp"
#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;
using namespace scission::testing;

Error error_for(const fs::path& file) {
  const auto error = error_of([&] { read_model_file(file); });
  REQUIRE(error.has_value());
  return *error;
}

TEST_CASE("the inputs of a model are those that are no weights, with their open dimensions") {
  const Scratch folder;
  OnnxBuilder model = residual_model();
  model.input("fc.weight", {4, 5});
  const std::vector<ModelInput> inputs = inputs_of(read_model_file(model.write(folder.path())));
  REQUIRE(inputs.size() == 1);
  CHECK(inputs[0].name == "x");
  CHECK(inputs[0].dtype == "float32");
  CHECK(inputs[0].shape == Extents{-1, 3, 8, 8});
  CHECK(inputs[0].dimension_names[0] == "N");
}

TEST_CASE("a model of a newer IR version is refused with what to do") {
  const Scratch folder;
  OnnxBuilder model = residual_model();
  model.proto().set_ir_version(1000);
  const Error error = error_for(model.write(folder.path()));
  CHECK(error.code() == ErrorCode::unsupported);
  CHECK(contains(error.message(), "IR version 1000"));
  CHECK(contains(error.message(), "older opset"));
}

TEST_CASE("a truncated file and one of another kind are damaged ONNX models") {
  const Scratch folder;
  const std::string bytes = read_file(residual_model().write(folder.path()));
  for (const std::string& text : {bytes.substr(0, bytes.size() / 2), bytes.substr(0, 10),
                                  std::string("no model"), std::string()}) {
    write_file_atomically(folder.path() / "bad.onnx", text);
    const Error error = error_for(folder.path() / "bad.onnx");
    CHECK(error.code() == ErrorCode::damaged);
    CHECK(contains(error.place(), "bad.onnx"));
  }
  CHECK(error_for(folder.path() / "none.onnx").code() == ErrorCode::not_found);
  write_file_atomically(folder.path() / "bad.onnx", "version https://git-lfs.github.com/spec/v1\n");
  CHECK(contains(error_for(folder.path() / "bad.onnx").message(), "git lfs pull"));
}

TEST_CASE("a model that libonnx's checker refuses is damaged, with the fault") {
  const Scratch folder;
  OnnxBuilder model = chain_model(2);
  model.graph().mutable_node(0)->set_op_type("NoSuchOperation");
  const Error error = error_for(model.write(folder.path()));
  CHECK(error.code() == ErrorCode::damaged);
  CHECK(contains(error.message(), "NoSuchOperation"));
}

TEST_CASE("what would end the process in libonnx or ONNX Runtime is refused before") {
  const Scratch folder;
  OnnxBuilder strides = residual_model();
  set_integers(*strides.graph().mutable_node(0), "strides", {1, 0});
  OnnxBuilder function = residual_model();
  function.proto().add_functions()->set_name("twice");
  CHECK_ERROR(read_model_file(strides.write(folder.path())), ErrorCode::damaged, "a stride of 0");
  CHECK_ERROR(read_model_file(function.write(folder.path())), ErrorCode::damaged,
              "'twice' names no operator set");
}

TEST_CASE("a file gives the inputs' shapes, or what it leaves open besides the batch is named") {
  const Scratch folder;
  CHECK(to_string(source_of(residual_model().write(folder.path())).inputs) == "x=1x3x8x8");
  OnnxBuilder model;
  model.input("images", {-1, 3, -1, 8}).output("y", {-1, 3, -1, 8});
  model.node("Relu", {"images"}, {"y"});
  const fs::path file = model.write(folder.path());
  CHECK_ERROR(source_of(file), ErrorCode::invalid_argument,
              "leaves dimension 2 ('N') of its input images (float32, ?x3x?x8) open");
  CHECK(split_of(source_of(file, "images=2,3,5,8")).graph().values[0].bytes == 2 * 3 * 5 * 8 * 4);
}

TEST_CASE("a weight that is stored outside of the model's folder is refused") {
  const Scratch folder;
  OnnxBuilder model = residual_model();
  make_external(*model.graph().mutable_initializer(0), folder.path(), "weights");
  model.graph().mutable_initializer(0)->mutable_external_data(0)->set_value("../weights");
  CHECK(error_for(model.write(folder.path())).code() == ErrorCode::damaged);
  model.graph().mutable_initializer(0)->mutable_external_data(0)->set_value("missing");
  const Error error = error_for(model.write(folder.path()));
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(contains(error.message(), "copy it beside the model"));
}

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_CASE("cutting a model beside 4 GB of external weights does not load them") {
  const Scratch folder;
  constexpr std::int64_t rows = 16384, columns = 65536 / 4;  // 1 GiB each
  OnnxBuilder model;
  model.input("v0", {1, rows}).output("v4", {1, columns});
  for (int i = 0; i < 4; ++i) {
    const std::string name = "w" + std::to_string(i);
    ::onnx::TensorProto& weight = model.weight(name, {});
    weight.clear_raw_data();
    weight.add_dims(rows);
    weight.add_dims(columns);
    make_external(weight, folder.path(), "weights");
    weight.mutable_external_data(1)->set_value(std::to_string(i * rows * columns * 4));
    weight.mutable_external_data(2)->set_value(std::to_string(rows * columns * 4));
    model.node("MatMul", {"v" + std::to_string(i), name}, {"v" + std::to_string(i + 1)});
  }
  fs::resize_file(folder.path() / "weights", 4 * rows * columns * 4);  // sparse
  const fs::path file = model.write(folder.path());
  const long before = peak_kib();
  const SplitModel split = split_of(source_of(file));
  CHECK(split.cuts().cuts.size() == 5);
  CHECK(model_statistics(split.graph()).weight_bytes == 4 * rows * columns * 4);
  CHECK(peak_kib() - before < 200 * 1024);
}

}  // namespace
}  // namespace scission::onnx
