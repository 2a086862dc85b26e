// The tools on ONNX files, as a person calls them.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/on_testbed.hpp"
#include "base/file.hpp"
#include "onnx/small_models.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

ToolResult succeeding(const std::string& tool, const Arguments& arguments, const Scratch& folder) {
  ToolResult result = run_tool(tool, arguments, {folder.path(), {}});
  INFO(tool << ": " << result.out << result.err);
  REQUIRE(result.exit_code == 0);
  return result;
}

}  // namespace

TEST_CASE("scission-split lists, writes and verifies the segments of an ONNX file") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  const ToolResult list = succeeding("scission-split", {"net.onnx", "--layers"}, folder);
  CHECK(contains(list.out, "layer1.0.conv"));
  const ToolResult written = succeeding(
      "scission-split", {"net.onnx", "-o", "out", "--every-cut", "--cuts", "frontier"}, folder);
  INFO(written.out);
  const SegmentManifest manifest = read_manifest(folder.path() / "out");
  CHECK(manifest.backend == "ONNX Runtime");
  CHECK(std::filesystem::exists(folder.path() / "out" / "segment-00.onnx"));
}

TEST_CASE("scission-graph draws an ONNX file") {
  NEEDS_ONNX_RUNTIME();
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  succeeding("scission-graph", {"net.onnx", "--layers", "-o", "net.dot"}, folder);
  CHECK(contains(read_file(folder.path() / "net.dot"), "layer1.0.conv"));
}

TEST_CASE("an ONNX file that is cut short, and one of the future, are refused in one line") {
  const Scratch folder;
  const std::string bytes = read_file(residual_model().write(folder.path(), "net"));
  write_file_atomically(folder.path() / "short.onnx", bytes.substr(0, bytes.size() - 100));
  OnnxBuilder future = residual_model();
  future.proto().set_ir_version(60);
  future.write(folder.path(), "future");
  for (const auto& [name, part] :
       {std::pair{"short.onnx", "incomplete"}, std::pair{"future.onnx", "IR version 60"}}) {
    const ToolResult result =
        run_tool("scission-split", {name, "-o", "out", "--every-cut"}, {folder.path(), {}});
    INFO(result.err);
    CHECK(result.exit_code != 0);
    CHECK(is_one_line(result.err));
    CHECK(contains(result.err, part));
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out"));
  }
}

#ifdef SCISSION_HAS_ONNX_RUNTIME
TEST_CASE(
    "scission-split --verify compares an ONNX file's segments with and without optimisations") {
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  const ToolResult result =
      succeeding("scission-split", {"net.onnx", "-o", "out", "--every-cut", "--verify"}, folder);
  CHECK(contains(result.out, "batch 1: bit-equal; with graph optimisations"));
  CHECK(contains(result.out, "batch 13: bit-equal"));
}

TEST_CASE("scission-benchmark measures an ONNX file, and names ONNX Runtime in the profile") {
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  succeeding("scission-benchmark",
             {"edge", "box", "--model", "net.onnx", "--max-time", "1", "--passes", "1"}, folder);
  const auto profile = nlohmann::json::parse(read_file(folder.path() / "edge-box.json"));
  CHECK(profile.dump().find("ONNX Runtime") != std::string::npos);
}

TEST_CASE("scission-benchmark measures codecs at the cuts of an ONNX file") {
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  succeeding("scission-benchmark",
             {"edge", "box", "--model", "net.onnx", "--input-shape", "1,3,8,8", "-r", "2",
              "--passes", "1", "--codecs", "int8,fp16,zstd", "--calibrate", "random"},
             folder);
  const SystemProfile profile = read_profile(folder.path() / "edge-box.json");
  const ModelProfile& model = profile.models.at(0);
  CHECK(model.codec_inputs == 4);
  bool has_error = false;
  for (const CodecTiming& timing : model.codecs) {
    CHECK(timing.error < 0.1);
    has_error = has_error || timing.error > 0;
  }
  CHECK(has_error);
}

#ifdef SCISSION_HAS_RUNTIME
TEST_CASE("scission-plan plans an ONNX file over workers, which scission-run runs and verifies") {
  const Scratch folder;
  residual_model().write(folder.path(), "net");
  const std::string out = on_testbed(
      folder,
      "scission-plan net.onnx --name device --threads 1 --max-time 1 --workers $SCISSION_WORKERS "
      "--count 3 -o out && scission-run out/plans.json --model net.onnx "
      "--workers $SCISSION_WORKERS --best 2 --count 3 --verify=1e-4");
  if (out.empty()) return;
  CHECK(contains(out, "every answer is the whole model's"));
}

TEST_CASE("an ONNX file with LSTM, loop and GRU runs over two workers") {
  const Scratch folder;
  recurrent_model().write(folder.path(), "net");
  const std::string out = on_testbed(
      folder,
      "scission-plan net.onnx --name device --threads 1 --max-time 1 --workers $SCISSION_WORKERS "
      "--no-run -o out && scission-predict out out/network.csv net --any-order "
      "--on @device -1 --on @edge '!-1' --on @cloud '!-1' --json > plans.json && "
      "scission-run plans.json --model net.onnx --workers $SCISSION_WORKERS "
      "--count 3 --verify=1e-4 && echo every worker computes");
  if (out.empty()) return;
  CHECK(contains(out, "every answer is the whole model's"));
  CHECK(contains(out, "every worker computes"));
}
#endif
#endif
