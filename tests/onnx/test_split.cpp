// Layers and cuts of ONNX models.
#include <ctime>

#include "base/file.hpp"
#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;
using namespace scission::testing;

std::vector<std::string> layer_names(const SplitModel& model) {
  std::vector<std::string> names;
  for (const Layer& layer : model.graph().layers) names.push_back(layer.name);
  return names;
}

bool runs_on_any_batch(const SplitModel& model, const std::vector<Cut>& cuts) {
  return model.other_batch(segment_contents(model.model(), cuts)).has_value();
}

using Names = std::vector<std::string>;

TEST_CASE("layers are the modules in the names that exporters give to nodes") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  const fs::path file = residual_model().write(folder.path());
  CHECK(layer_names(split_of(source_of(file), CutKind::single, Granularity::layer)) ==
        Names{"input", "conv1", "relu", "layer1.0.conv", "layer1.0.Add", "pool", "Reshape", "fc"});
  CHECK(layer_names(split_of(source_of(file), CutKind::single, Granularity::block)) ==
        Names{"input", "conv1", "relu", "layer1.0", "pool", "Reshape", "fc"});
  CHECK(layer_names(split_of(source_of(file))) ==
        Names{"input", "conv1.Conv", "relu.Relu", "layer1.0.conv.Conv", "layer1.0.Add",
              "pool.GlobalAveragePool", "Reshape", "fc.MatMul"});
}

TEST_CASE("nodes without names, and with equal names, are layers with different names") {
  const Scratch folder;
  OnnxBuilder model = chain_model(3);
  model.graph().mutable_node(1)->set_name("Relu");
  CHECK(layer_names(split_of(source_of(model.write(folder.path())))) ==
        Names{"input", "Relu", "Relu#2", "Relu#3"});
}

TEST_CASE("shape arithmetic never crosses a cut and is no layer") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  const SplitModel model = split_of(source_of(residual_model().write(folder.path())));
  for (const Cut& cut : model.cuts().cuts) {
    for (const int value : cut.crossing) {
      CHECK(model.graph().values[value].dtype == "float32");
    }
  }
  CHECK(model.cuts().cuts.size() == 7);
  CHECK(model.cuts().rejected.size() == 1);  // within the residual block
  CHECK(model.cuts().rejected[0].layer == 3);
}

TEST_CASE("costs are those of the operations, with parameters and bytes") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  const SplitModel model = split_of(source_of(residual_model().write(folder.path())));
  const Layer& conv = model.graph().layers[1];
  CHECK(conv.macs == 4 * 8 * 8 * 3 * 3 * 3);
  CHECK(conv.flops == 2 * conv.macs);
  CHECK(conv.parameters == 4 * 3 * 3 * 3);
  CHECK(conv.weight_bytes == 4 * conv.parameters);
  CHECK(conv.working_bytes == 4 * 4 * 8 * 8);
  CHECK(model.graph().layers[7].macs == 4 * 5);
  CHECK(model.graph().uncounted.empty());
}

TEST_CASE("a cut after a quantising node carries int8, also behind the node that undoes it") {
  const Scratch folder;
  OnnxBuilder model;
  model.input("x", {1, 100}).output("y", {1, 100});
  model.weight("scale", {}).set_raw_data(std::string("\0\0\0\x3d", 4));
  model.node("Relu", {"x"}, {"r"});
  model.node("QuantizeLinear", {"r", "scale"}, {"q"});
  model.node("DequantizeLinear", {"q", "scale"}, {"d"});
  model.node("Relu", {"d"}, {"y"});
  const fs::path file = model.write(folder.path());
  const SplitModel split = split_of(source_of(file));
  REQUIRE(split.cuts().cuts.size() == 5);
  CHECK(split.cuts().cuts[1].bytes == 400);
  CHECK(split.cuts().cuts[2].bytes == 100);
  CHECK(split.cuts().cuts[3].bytes == 100);
  check_split(source_of(file), folder.path() / "segments");
}

TEST_CASE("a model with an open batch is split for any batch unless a number of it is fixed") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  OnnxBuilder model = residual_model();
  const fs::path file = model.write(folder.path());
  const SplitModel split = split_of(source_of(file));
  CHECK(runs_on_any_batch(split, split.cuts().cuts));
  // The last layer reshapes by the shape of what does not cross the cut before it.
  model.graph().mutable_node(5)->set_input(0, "x");
  const SplitModel other = split_of(source_of(model.write(folder.path(), "other")));
  CHECK_FALSE(runs_on_any_batch(other, other.cuts().cuts));
  CHECK(runs_on_any_batch(other, {other.cuts().cuts.back()}));
}

TEST_CASE("a Triton repository has a model and its configuration for each segment") {
  const Scratch folder;
  const SplitModel split = split_of(source_of(chain_model(2).write(folder.path(), "net")));
  WriteOptions options;
  options.triton = true;
  const fs::path written = folder.path() / "models";
  fs::create_directories(written);
  const SegmentManifest manifest = write_segments(split, split.cuts().cuts, written, options);
  REQUIRE(manifest.segments.size() == 3);
  CHECK(manifest.segments[1].file == "net-01/1/model.onnx");
  CHECK(fs::file_size(written / manifest.segments[1].file) ==
        static_cast<std::uintmax_t>(manifest.segments[1].bytes));
  CHECK(read_file(written / "net-01/config.pbtxt") ==
        triton_config(manifest.segments[1], "net-01"));
  CHECK(read_file(written / "net-01/config.pbtxt").find("onnxruntime_onnx") != std::string::npos);
}

TEST_CASE("a chain of 2,000 nodes is cut everywhere, and written, in linear time") {
  const Scratch folder;
  const auto seconds_for = [&](int length) {
    const fs::path file = chain_model(length).write(folder.path());
    const std::clock_t start = std::clock();  // of this processor's time: others may run
    const SplitModel split = split_of(source_of(file), CutKind::frontier);
    CHECK(split.cuts().cuts.size() == static_cast<std::size_t>(length) + 1);
    fs::create_directories(folder.path() / "segments");
    write_segments(split, split.cuts().cuts, folder.path() / "segments", {});
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  };
  const double short_s = seconds_for(500);
  const double long_s = seconds_for(2000);
  INFO(short_s << " s and " << long_s << " s");
  CHECK(long_s < 12 * short_s);  // 16 if the time were quadratic
}

}  // namespace
}  // namespace scission::onnx
