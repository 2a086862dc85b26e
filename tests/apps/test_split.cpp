// scission-split, as a person calls it.
#include <cstdlib>
#include <filesystem>
#include <set>

#include "apps/split_example.hpp"
#include "base/file.hpp"
#include "base/run_program.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;
using Json = nlohmann::json;

namespace {

std::vector<int> layers_of(const Json& places) {
  std::vector<int> layers;
  for (const Json& place : places) layers.push_back(place["layer"]);
  return layers;
}

/// All files below the folder, relative to it.
std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(entry.path().lexically_relative(folder));
  }
  return files;
}

std::vector<int> ends_of(const SegmentManifest& manifest) {
  std::vector<int> ends;
  for (const Segment& segment : manifest.segments) ends.push_back(segment.last_layer);
  return ends;
}

/// A Python that has LibTorch's bindings: the first on the path, or Debian's. Empty for none.
std::string python_with_torch() {
  for (const std::string python : {"python3", "/usr/bin/python3"}) {
    if (std::system((python + " -c 'import torch' >/dev/null 2>&1").c_str()) == 0) return python;
  }
  return {};
}

}  // namespace

TEST_CASE("the list shows every single-tensor cut with what crosses there") {
  const SplitExample example;
  const ToolResult result = example.run({"--list", example.model});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(contains(result.out, "    2  relu1  8.19 kB  "));
  CHECK(contains(result.out, " 1×8×16×16 float32\n"));
  CHECK_FALSE(contains(result.out, "conv2"));
}

TEST_CASE("the list says why the other places are none") {
  const SplitExample example;
  const ToolResult result = example.run({"--list", example.model, "--rejected"});
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "no cut, because\n"));
  CHECK(contains(result.out, "    3  conv2  2 tensors cross"));
}

TEST_CASE("where every place is a cut, the list says that none is rejected") {
  const SplitExample example;
  const ToolResult result =
      example.run({"--list", example.model, "--rejected", "--cuts", "frontier"});
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "\nno place is rejected\n"));
}

TEST_CASE("the list as JSON holds cuts and rejected places") {
  const SplitExample example;
  const ToolResult result = example.run({"--list", example.model, "--rejected", "--json"});
  REQUIRE(result.exit_code == 0);
  const Json json = Json::parse(result.out);
  CHECK(json["model"] == "net");
  CHECK(json["cuts"] == "single");
  CHECK(json["layer_count"] == 8);
  CHECK(layers_of(json["places"]) == std::vector<int>{0, 1, 2, 4, 5, 6, 7});
  CHECK(layers_of(json["rejected"]) == std::vector<int>{3});
  CHECK(json["places"][0]["bytes"] == 3072);
  CHECK(json["places"][0]["crossing"][0]["shape"] == Json({1, 3, 16, 16}));
  CHECK_FALSE(
      Json::parse(example.run({"--list", example.model, "--json"}).out).contains("rejected"));
}

TEST_CASE("frontier cuts let two tensors cross, whose bytes add up") {
  const SplitExample example;
  const Json json = Json::parse(
      example.run({"--list", example.model, "--cuts", "frontier", "--order", "file", "--json"})
          .out);
  REQUIRE(layers_of(json["places"]) == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(json["places"][3]["crossing"].size() == 2);
  CHECK(json["places"][3]["bytes"] == 2 * 8 * 16 * 16 * 4);
}

TEST_CASE("the layers are listed with their cost, and added up") {
  const SplitExample example;
  const ToolResult table = example.run({"--layers", example.model});
  REQUIRE(table.exit_code == 0);
  CHECK(contains(table.out, "conv1"));
  CHECK(contains(table.out, "Conv2D"));
  CHECK(contains(table.out, "1×8×16×16"));
  const Json json = Json::parse(example.run({"--layers", example.model, "--json"}).out);
  REQUIRE(json["layers"].size() == 8);
  CHECK(json["layers"][1]["name"] == "conv1");
  CHECK(json["layers"][1]["parameters"] == 8 * 3 * 3 * 3);
  CHECK(json["layers"][1]["macs"] == 8 * 3 * 3 * 3 * 16 * 16);
  CHECK(json["total"]["parameters"] == 8 * 3 * 3 * 3 + 8 * 8 * 3 * 3 + 8 * 4);
  CHECK(json["total"]["weight_bytes"] == 4 * json["total"]["parameters"].get<int>());
  CHECK(json["uncounted"].empty());
}

TEST_CASE("the blocks are listed with their cost, with or without --layers") {
  const SplitExample example;
  const ToolResult table = example.run({"--layers", "--blocks", example.model});
  REQUIRE(table.exit_code == 0);
  CHECK(contains(table.out, " 3 - 4  Conv2D aten::add"));
  CHECK(example.run({"--blocks", example.model}).out == table.out);
  const Json json = Json::parse(example.run({"--blocks", example.model, "--json"}).out);
  REQUIRE(json["blocks"].size() == 7);
  CHECK(json["blocks"][3]["first_layer"] == 3);
  CHECK(json["blocks"][3]["last_layer"] == 4);
  CHECK(json["blocks"][3]["parameters"] == 8 * 8 * 3 * 3);
  CHECK(json["blocks"][3]["output_bytes"] == 8 * 16 * 16 * 4);
}

TEST_CASE("an operation without a rule for its FLOPs is named once") {
  const SplitExample example;
  const std::string model = example.save(
      scripted("def forward(self, x):\n  return torch.matrix_exp(torch.matrix_exp(x))"), "odd.pt");
  const ToolResult result = example.run({"--layers", model});
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out,
                 "\nuncounted, as there is no rule for their FLOPs: aten::linalg_matrix_exp\n"));
}

TEST_CASE("a model cut by numbers and names of layers becomes files that give what it gives") {
  const SplitExample example;
  const ToolResult result = example.write({"--at", "2,relu2", "--verify", "--seed", "5"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(contains(result.out,
                 "batch 1: bit-equal\nbatch 2: bit-equal\nbatch 3: bit-equal\nbatch 13: "
                 "bit-equal\n"));
  const SegmentManifest manifest = read_manifest(example.out);
  CHECK(ends_of(manifest) == std::vector<int>{2, 5, 7});
  CHECK(manifest.model == "net");
  CHECK(manifest.source_file == "net.pt");
  CHECK(manifest.any_batch);
  std::set<std::string> listed{manifest_name};
  for (const Segment& segment : manifest.segments) {
    listed.insert(segment.file);
    CHECK(contains(result.out, segment.file));
    const auto path = std::filesystem::path(example.out) / segment.file;
    CHECK(segment.bytes == static_cast<std::int64_t>(std::filesystem::file_size(path)));
  }
  CHECK(files_in(example.out) == listed);
}

TEST_CASE("what is written can be told as JSON") {
  const SplitExample example;
  const ToolResult result = example.write({"--at", "2", "--verify", "--json"});
  REQUIRE(result.exit_code == 0);
  const Json json = Json::parse(result.out);
  CHECK(json["manifest"] == Json::parse(format_manifest(read_manifest(example.out))));
  REQUIRE(json["verified"].size() == 4);
  CHECK(json["verified"][1]["batch"] == 2);
  CHECK(json["verified"][1]["bit_equal"] == true);
}

TEST_CASE("every cut makes one segment each, of one tensor or of several") {
  const SplitExample example;
  const ToolResult single = example.write({"--every-cut", "--verify"});
  INFO(single.err);
  REQUIRE(single.exit_code == 0);
  CHECK(ends_of(read_manifest(example.out)) == std::vector<int>{0, 1, 2, 4, 5, 6, 7});
  const ToolResult frontier = example.write({"--every-cut", "--verify", "--cuts", "frontier"});
  INFO(frontier.err);
  REQUIRE(frontier.exit_code == 0);
  CHECK(contains(frontier.out,
                 "batch 1: bit-equal\nbatch 2: bit-equal\nbatch 3: bit-equal\nbatch 13: "
                 "bit-equal\n"));
  CHECK(read_manifest(example.out).segments.size() == 8);
}

TEST_CASE("a plan's stages become segments") {
  const SplitExample example;
  const ToolResult result = example.write({"--plan", example.plan({1, 4, 7}), "--verify"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(ends_of(read_manifest(example.out)) == std::vector<int>{1, 4, 7});
}

TEST_CASE("a plan that puts all on one system leaves one segment, the whole model") {
  const SplitExample example;
  const ToolResult result = example.write({"--plan", example.plan({7}), "--verify"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(ends_of(read_manifest(example.out)) == std::vector<int>{7});
}

TEST_CASE("a plan that does not fit the model is refused before anything is written") {
  const SplitExample example;
  const ToolResult other = example.write({"--plan", example.plan({4, 25})});
  CHECK(other.exit_code == 1);
  CHECK(contains(other.err, "plan.json: is a plan for 26 layers, and net has 8"));
  const ToolResult torn = example.write({"--plan", example.plan({3, 7})});
  CHECK(torn.exit_code == 1);
  CHECK(contains(torn.err, "plan.json: "));
  CHECK(contains(torn.err, "2"));
  CHECK(contains(torn.err, "4"));
  CHECK(is_one_line(torn.err));
  CHECK_FALSE(std::filesystem::exists(example.out));
}

TEST_CASE("splitting again leaves no segment of before, and nothing else is touched") {
  const SplitExample example;
  REQUIRE(example.write({"--every-cut"}).exit_code == 0);
  const auto notes = std::filesystem::path(example.out) / "notes.txt";
  write_file_atomically(notes, "mine");
  REQUIRE(example.write({"--at", "2"}).exit_code == 0);
  const SegmentManifest manifest = read_manifest(example.out);
  CHECK(files_in(example.out) == std::set<std::string>{"manifest.json", "notes.txt",
                                                       manifest.segments.at(0).file,
                                                       manifest.segments.at(1).file});
}

TEST_CASE("a file that is no longer the segment of before is left alone") {
  const SplitExample example;
  REQUIRE(example.write({"--every-cut"}).exit_code == 0);
  const auto last =
      std::filesystem::path(example.out) / read_manifest(example.out).segments.back().file;
  write_file_atomically(last, "mine");
  REQUIRE(example.write({"--at", "2"}).exit_code == 0);
  CHECK(read_file(last) == "mine");
}

TEST_CASE("a manifest.json that is not ours, or damaged, is not overwritten") {
  const SplitExample example;
  std::filesystem::create_directory(example.out);
  const auto theirs = std::filesystem::path(example.out) / manifest_name;
  for (const char* text : {"{\"name\": \"my web app\"}", "{"}) {
    write_file_atomically(theirs, text);
    const ToolResult result = example.write({"--at", "2"});
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "manifest.json: "));
    CHECK(is_one_line(result.err));
    CHECK(read_file(theirs) == text);
    CHECK(files_in(example.out).size() == 1);
  }
}

TEST_CASE("a segment is not split into the folder that it lies in") {
  const SplitExample example;
  REQUIRE(example.write({"--at", "2"}).exit_code == 0);
  const std::string segment =
      std::filesystem::path(example.out) / read_manifest(example.out).segments.front().file;
  const ToolResult result = example.run({segment, "--every-cut", "-o", example.out});
  CHECK(result.exit_code == 2);
  CHECK(contains(result.err, "write elsewhere"));
  CHECK(ends_of(read_manifest(example.out)) == std::vector<int>{2, 7});
}

TEST_CASE("a Triton repository has a configuration and a model a segment") {
  const SplitExample example;
  const ToolResult result = example.write({"--at", "2", "--triton", "--verify"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(files_in(example.out) == std::set<std::string>{"manifest.json", "net-00/1/model.pt",
                                                       "net-00/config.pbtxt", "net-01/1/model.pt",
                                                       "net-01/config.pbtxt"});
  const std::string config =
      read_file(std::filesystem::path(example.out) / "net-01" / "config.pbtxt");
  CHECK(contains(config, "name: \"net-01\""));
  CHECK(contains(config, "dims: [ 1, 8, 16, 16 ]"));
  REQUIRE(example.write({"--at", "2"}).exit_code == 0);
  CHECK(files_in(example.out).size() == 3);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(example.out) / "net-00"));
}

TEST_CASE("protobuf reads the configurations of a plan of three stages as Triton's") {
  const SplitExample example;
  const ToolResult written = example.write({"--plan", example.plan({2, 4, 7}), "--triton"});
  INFO(written.err);
  REQUIRE(written.exit_code == 0);
  const std::vector<std::string> outputs{"1, 8, 16, 16", "1, 8, 16, 16", "1, 4"};
  for (int stage = 0; stage < 3; ++stage) {
    const std::string model = "net-0" + std::to_string(stage);
    const std::string config = example.out + "/" + model + "/config.pbtxt";
    const std::string schema = "-I src/runtime/wire src/runtime/wire/triton.proto";
    const ProgramResult result = run_program(
        {"sh",
         {"-c",
          "command -v protoc > /dev/null || { echo no protoc; exit 0; }; protoc "
          "--encode=inference.ModelConfig " +
              schema + " < " + config + " | protoc --decode=inference.ModelConfig " + schema},
         ".",
         "install a shell"});
    CAPTURE(result.output);
    REQUIRE(result.succeeded);
    if (contains(result.output, "no protoc")) {
      SKIP_TEST("no protoc (protobuf-compiler)");
    }
    CHECK(contains(result.output, "name: \"" + model + "\"\nplatform: \"pytorch_libtorch\""));
    CHECK(contains(result.output, "name: \"INPUT__0\"\n  data_type: TYPE_FP32\n  dims: 1"));
    CHECK(contains(result.output, "output {\n  name: \"OUTPUT__0\""));
    CHECK(contains(read_file(config), "dims: [ " + outputs[stage] + " ]"));
  }
}

TEST_CASE("a batch that the model itself refuses is said, and no error") {
  const SplitExample example;
  const std::string model = example.save(
      scripted("def forward(self, x):\n  return torch.relu(torch.relu(x).view([1, 768]))"),
      "one.pt");
  const ToolResult result = example.run({model, "--every-cut", "-o", example.out, "--verify"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "batch 1: bit-equal\n"));
  CHECK(contains(result.out, "other batches: not compared, the segments are for this batch alone"));
}

TEST_CASE("a model that draws random numbers is verified with the same numbers") {
  const SplitExample example;
  const std::string model = example.save(
      scripted("def forward(self, x):\n  return torch.relu(x + torch.rand_like(x))"), "noise.pt");
  const ToolResult result = example.run({model, "--every-cut", "-o", example.out, "--verify"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "batch 1: bit-equal\n"));
}

TEST_CASE("what a model prints is no output of the tool") {
  const SplitExample example;
  const std::string model = example.save(
      scripted("def forward(self, x):\n  print(\"inside\")\n  return torch.relu(x)"), "prints.pt");
  const ToolResult result =
      example.run({model, "--every-cut", "-o", example.out, "--verify", "--json"});
  CHECK(result.exit_code == 0);
  CHECK_FALSE(contains(result.out, "inside"));
}

TEST_CASE("a built-in model is split without being told its input") {
  const Scratch folder;
  const std::string out = folder.path() / "out";
  const ToolResult result =
      run_tool("scission-split", {"lenet", "--every-cut", "-o", out, "--verify"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out,
                 "batch 1: bit-equal\nbatch 2: bit-equal\nbatch 3: bit-equal\nbatch 13: "
                 "bit-equal\n"));
  const SegmentManifest manifest = read_manifest(out);
  CHECK(manifest.model == "lenet");
  CHECK(manifest.source_file.empty());
}

TEST_CASE("Python runs the segments, and gets what the whole model gives bit for bit") {
  const std::string python = python_with_torch();
  if (python.empty()) {
    SKIP_TEST("python3 has no torch");
  }
  const SplitExample example;
  for (const char* cuts : {"single", "frontier"}) {
    REQUIRE(example.write({"--every-cut", "--cuts", cuts}).exit_code == 0);
    const std::string command = python + " tests/apps/chain_segments.py '" + example.model + "' '" +
                                example.out + "' 1 3 16 16 >/dev/null";
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("with --kubernetes, the workers of the plan's systems are written beside the segments") {
  const SplitExample example;
  const std::string plan = example.plan({2, 7});
  const ToolResult result = example.write({"--plan", plan, "--kubernetes"});
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "kubernetes.yaml\n"));
  const std::string text = read_file(std::filesystem::path(example.out) / "kubernetes.yaml");
  CHECK(contains(text, "# Workers for a plan of net:"));
  CHECK(contains(text, "image: \"scission\""));
  CHECK(occurrences(text, "kind: Deployment") == 2);
  CHECK(occurrences(text, "memory: 201Mi") == 2);
  const ToolResult named =
      example.write({"--plan", plan, "--kubernetes=registry.local/scission:1"});
  REQUIRE(named.exit_code == 0);
  CHECK(contains(read_file(std::filesystem::path(example.out) / "kubernetes.yaml"),
                 "registry.local/scission:1"));
}

TEST_CASE("without a plan, or with a name that is no label, --kubernetes writes nothing") {
  const SplitExample example;
  CHECK(example.write({"--at", "2", "--kubernetes"}).exit_code == 2);
  CHECK(example.write({"--plan", "plan.json", "--kubernetes="}).exit_code == 2);
  nlohmann::json plan = nlohmann::json::parse(read_file(example.plan({2, 7})));
  plan["plans"][0]["stages"][1]["system"] = "my pc";
  const ToolResult refused = example.write(
      {"--plan", example.folder.file("bad.json", plan.dump()).string(), "--kubernetes"});
  CHECK(refused.exit_code == 2);
  CHECK(contains(refused.err, "my pc: cannot be a label of Kubernetes"));
  CHECK_FALSE(std::filesystem::exists(example.out));
}
