// Chains of segments give the whole model's results.
#include <cmath>

#include "onnx/execute.hpp"
#include "onnx/inputs.hpp"
#include "onnx/session.hpp"
#include "onnx/small_models.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/scratch.hpp"

namespace scission::onnx {
namespace {

namespace fs = std::filesystem;
using namespace scission::testing;

TEST_CASE("a residual model is split at all cuts") {
  const Scratch folder;
  const fs::path file = residual_model().write(folder.path());
  const SegmentManifest manifest = check_split(source_of(file), folder.path() / "segments");
  CHECK(manifest.segments.size() == 8);
  CHECK(manifest.any_batch);
  CHECK(manifest.backend == "ONNX Runtime");
}

TEST_CASE("a model runs block by block and the last block's output is the model's") {
  const Scratch folder;
  const SplitModel model = split_of(source_of(residual_model().write(folder.path())));
  for (const bool is_optimized : {false, true}) {
    const auto runnable = make_runnable(model, {"cpu", is_optimized});
    runnable->run_whole();
    const int blocks = static_cast<int>(runnable->blocks().size());
    for (int block = 0; block < blocks; ++block) runnable->run_block(block);
    CHECK(runnable->chain_equals_whole());
    CHECK(runnable->backend() == "ONNX Runtime");
    CHECK_ERROR(runnable->run_block(blocks), ErrorCode::invalid_argument, "there is no block");
  }
}

TEST_CASE("a block's time within a stage is found for every block but of a model that is one") {
  const Scratch folder;
  const SplitModel model = split_of(source_of(residual_model().write(folder.path())));
  const auto runnable = make_runnable(model, {"cpu", true});
  const std::vector<BlockScale> scales = runnable->block_scales();
  REQUIRE(scales.size() == runnable->blocks().size());
  for (const BlockScale& scale : scales) {
    CHECK(scale.within_stage > 0);
    CHECK(std::isfinite(scale.within_stage));
    CHECK(std::isfinite(scale.at_start));
  }
  CHECK(scales.front().at_start == 0);
  runnable->run_block(0);  // the chain starts again

  const SplitModel one = split_of(source_of(chain_model(1).write(folder.path(), "one")));
  const auto single = make_runnable(one, {"cpu", true});
  if (single->blocks().size() == 1) CHECK(single->block_scales().empty());
}

TEST_CASE("a stage keeps the bytes of an input that it passes on") {
  const Scratch folder;
  OnnxBuilder chain = chain_model(2);
  chain.output("v0", {1, 16});
  const ModelSource source = source_of(chain.write(folder.path()));
  const SegmentManifest manifest = check_split(source, folder.path());
  std::vector<Tensor> inputs = random_tensors({source.inputs, 1});
  const std::string bytes(inputs[0].bytes.view());
  const auto stage =
      load_segment_file(folder.path() / manifest.segments[0].file, manifest.segments[0]);
  const std::vector<Tensor> outputs = stage->run(std::move(inputs));
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].name == "v0");
  CHECK(outputs[0].bytes.view() == bytes);
}

TEST_CASE("a device that the runtime does not have is refused with those that it has") {
  CHECK_NOTHROW(validate_session_device("cpu"));
  CHECK_ERROR(validate_session_device("toaster"), ErrorCode::unsupported, "choose from: ");
}

#ifdef __x86_64__  // whose layouts ONNX Runtime rearranges
TEST_CASE("no cut lies between what the rearrangement of layouts adds to a convolution") {
  const Scratch folder;
  OnnxBuilder builder;
  builder.input("x", {1, 16, 8, 8});
  const auto conv = [&](const std::string& name, const std::string& from) {
    builder.weight(name + ".weight", {16, 16, 3, 3});
    auto& node = builder.node("Conv", {from, name + ".weight"}, {name}, "/" + name + "/Conv");
    set_integers(node, "pads", {1, 1, 1, 1});
  };
  conv("stem", "x");
  conv("inner", "stem");
  builder.node("Add", {"inner", "stem"}, {"sum"}, "/Add");
  builder.node("Relu", {"sum"}, {"relu"}, "/Relu");
  conv("last", "relu");
  builder.output("last", {1, 16, 8, 8});
  const SplitModel model(source_of(builder.write(folder.path())), {},
                         {CutKind::single, Granularity::operation});
  std::vector<std::string> crossing;
  for (const Cut& cut : model.cuts().cuts) {
    crossing.push_back(model.graph().values[cut.crossing.front()].name);
  }
  CHECK(crossing == std::vector<std::string>{"x", "stem", "relu", "last"});
}
#endif

TEST_CASE("no cut lies inside of what ONNX Runtime computes as one operation, unless asked for") {
  const Scratch folder;
  const bool is_external = GENERATE(false, true);
  OnnxBuilder builder = residual_model();
  if (is_external) make_external(*builder.graph().mutable_initializer(0), folder.path(), "weights");
  const ModelSource source = source_of(builder.write(folder.path()));
  const auto layers_of = [](const std::vector<Cut>& cuts) {
    std::vector<int> layers;
    for (const Cut& cut : cuts) layers.push_back(cut.layer);
    return layers;
  };
  const SplitModel everywhere = split_of(source);
  const SplitModel model(source, {}, {CutKind::single, Granularity::operation});
  // Layer 1 is a convolution, layer 2 the activation behind it.
  CHECK(everywhere.graph().layers[2].type == "Relu");
  std::vector<int> expected = layers_of(everywhere.cuts().cuts);
  CHECK(std::erase(expected, 1) == 1);
  CHECK(layers_of(model.cuts().cuts) == expected);
  REQUIRE(model.cuts().rejected.front().layer == 1);
  CHECK(model.cuts().rejected.front().reason.find("--inside-fusions") != std::string::npos);
}

}  // namespace
}  // namespace scission::onnx
