// scission-benchmark on models with branches, cut in every way.
#include <filesystem>

#include "apps/split_example.hpp"
#include "scission/profile.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

const Arguments once{"-r", "1", "--warmup", "0", "--threads", "1"};

/// scission-benchmark PLATFORM my-PLATFORM --model net.pt --input-shape 1,3,16,16 with these
/// arguments.
ToolResult benchmark(const SplitExample& example, const std::string& platform, Arguments more) {
  Arguments arguments{platform,        "my-" + platform, "--model", example.model,
                      "--input-shape", "1,3,16,16",      "-o",      example.out};
  arguments.insert(arguments.end(), once.begin(), once.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_tool("scission-benchmark", arguments);
}

ModelProfile profile_of(const SplitExample& example, const std::string& platform) {
  const auto file = std::filesystem::path(example.out) / (platform + "-my-" + platform + ".json");
  return *read_profile(file).find("net");
}

std::vector<Block> measured_blocks(const SplitExample& example, const std::string& platform) {
  std::vector<Block> blocks;
  for (const BlockTiming& timing : profile_of(example, platform).blocks) {
    blocks.push_back(timing.block);
  }
  return blocks;
}

std::vector<int> ends(const std::vector<Block>& blocks) {
  std::vector<int> layers;
  for (const Block& block : blocks) layers.push_back(block.last_layer);
  return layers;
}

}  // namespace

TEST_CASE("a benchmark's blocks end where --cuts says, also where two tensors cross") {
  const SplitExample example;
  REQUIRE(benchmark(example, "single", {}).exit_code == 0);
  CHECK(ends(measured_blocks(example, "single")) == std::vector{0, 1, 2, 4, 5, 6, 7});
  REQUIRE(benchmark(example, "original", {"--cuts", "original"}).exit_code == 0);
  CHECK(ends(measured_blocks(example, "original")) == std::vector{1, 4, 5, 6, 7});
  REQUIRE(benchmark(example, "frontier", {"--cuts", "frontier"}).exit_code == 0);
  const std::vector<Block> blocks = measured_blocks(example, "frontier");
  CHECK(ends(blocks) == std::vector{0, 1, 2, 3, 4, 5, 6, 7});
  constexpr std::int64_t feature_bytes = 8 * 16 * 16 * 4;
  CHECK(blocks[2].output_bytes == feature_bytes);
  CHECK(blocks[3].output_bytes == 2 * feature_bytes);
}

TEST_CASE("a benchmark's layers are of the grain asked for") {
  const SplitExample example;
  REQUIRE(benchmark(example, "leaf", {}).exit_code == 0);
  CHECK(profile_of(example, "leaf").blocks[1].layer_types == "Conv2D");
  REQUIRE(benchmark(example, "op", {"--grain", "op", "--order", "compact"}).exit_code == 0);
  CHECK(profile_of(example, "op").blocks[1].layer_types == "aten::conv2d");
}

TEST_CASE("what was measured at frontier cuts is searched, and split as the best plan has it") {
  const SplitExample example;
  REQUIRE(benchmark(example, "device", {"--cuts", "frontier"}).exit_code == 0);
  REQUIRE(benchmark(example, "edge", {"--cuts", "frontier"}).exit_code == 0);
  const std::string network = example.folder.file(
      "network.csv", "source,destination,ping(ms),bandwidth(mbps)\ndevice,edge,1,1000\n");
  const ToolResult plans =
      run_tool("scission-predict", {example.out, network, "net", "--json", "--no-plot", "--keep-on",
                                    "device", "0-3", "--keep-on", "edge", "4-7"});
  INFO(plans.err);
  REQUIRE(plans.exit_code == 0);
  const std::string plan = example.folder.file("best.json", plans.out);
  const std::string parts = example.folder.path() / "parts";
  const ToolResult split =
      example.run({example.model, "--plan", plan, "-o", parts, "--verify", "--cuts", "frontier"});
  INFO(split.err);
  REQUIRE(split.exit_code == 0);
  const SegmentManifest manifest = read_manifest(parts);
  REQUIRE(manifest.segments.size() == 2);
  CHECK(manifest.segments[0].last_layer == 3);
  CHECK(manifest.segments[0].outputs.size() == 2);
}

TEST_CASE("a benchmark of a file that does not say its inputs asks for them") {
  const SplitExample example;
  const ToolResult result =
      run_tool("scission-benchmark", {"device", "pc", "--model", example.model, "-o", example.out});
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "--input-shape"));
  CHECK(is_one_line(result.err));
  CHECK_FALSE(std::filesystem::exists(example.out));
}

TEST_CASE("tokens are benchmarked as images are") {
  const SplitExample example;
  const std::string file = example.save(
      scripted("def forward(self, x):\n  return torch.sin(x.float() + 1.0)"), "tokens.pt");
  const ToolResult result = run_tool(
      "scission-benchmark", {"device", "pc", "--model", file, "--input-shape", "1,16:int64<1000",
                             "-b", "2", "-o", example.out, "-r", "1", "--warmup", "0"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const SystemProfile profile = read_profile(std::filesystem::path(example.out) / "device-pc.json");
  CHECK(profile.find("tokens")->input_shape == std::vector<std::int64_t>{2, 16});
}
