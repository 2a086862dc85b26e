// scission-benchmark and scission-zoo, as a person calls them.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "scission/file.hpp"
#include "scission/profile_io.hpp"
#include "support/catch.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

const std::string photo = "data/example/photo.jpg";

bool is_built(const std::string& tool) {
  const std::string names = std::string(" ") + SCISSION_TOOL_NAMES + " ";
  return names.find(" " + tool + " ") != std::string::npos;
}

ToolResult benchmark(const Scratch& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"-o", folder.path() / "out"});
  return run_tool("scission-benchmark", arguments);
}

bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1;
}

}  // namespace

#define NEEDS_TOOL(name)                            \
  if (!is_built(name)) {                            \
    WARN("skipped: " << (name) << " is not built"); \
    return;                                         \
  }

TEST_CASE("a benchmark leaves a profile that reads back, block by block") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const ToolResult result =
      benchmark(folder, {"edge", "my-box.v2", photo, "--models", "mobilenet", "-r", "2", "--warmup",
                         "1", "--threads", "1", "-dc"});
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK(result.out.find("mobilenet") != std::string::npos);
  const SystemProfile profile = read_profile(folder.path() / "out" / "edge-my-box.v2.json");
  CHECK(profile.platform == "edge");
  CHECK(profile.name == "my-box.v2");
  CHECK(profile.host.backend == "LibTorch");
  CHECK(profile.host.threads == 1);
  const ModelProfile* model = profile.find("mobilenet");
  REQUIRE(model != nullptr);
  CHECK(model->blocks.size() == 92);
  CHECK(model->blocks.back().block.last_layer == 91);
  CHECK(model->repetitions == 2);
  CHECK(model->warmup == 1);
  CHECK(model->whole_seconds > 0);
}

TEST_CASE("an exported model is benchmarked as any TorchScript file, and knows its inputs") {
  NEEDS_TOOL("scission-zoo");
  const Scratch folder;
  const std::string file = folder.path() / "net.pt";
  REQUIRE(run_tool("scission-zoo", {"export", "mobilenet", "-o", file}).exit_code == 0);
  const ToolResult noted =
      benchmark(folder, {"device", "pc", "--model", file, "-r", "1", "--warmup", "0"});
  REQUIRE(noted.exit_code == 0);
  const ToolResult given = benchmark(folder, {"edge", "pc", photo, "--model", file, "-r", "1",
                                              "--warmup", "0", "--input-shape", "1,3,160,192"});
  REQUIRE(given.exit_code == 0);
  const SystemProfile first = read_profile(folder.path() / "out" / "device-pc.json");
  CHECK(first.find("net")->blocks.size() == 92);
  CHECK(first.find("net")->input_shape == std::vector<std::int64_t>{1, 3, 224, 224});
  const SystemProfile second = read_profile(folder.path() / "out" / "edge-pc.json");
  CHECK(second.find("net")->input_shape == std::vector<std::int64_t>{1, 3, 160, 192});
}

TEST_CASE("a benchmark that cannot be made leaves no profile and one line that says why") {
  NEEDS_TOOL("scission-benchmark");
  const Scratch folder;
  const std::string damaged_image = folder.file("image.jpg", "no picture");
  const std::string damaged_model = folder.file("model.pt", "no model");
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string part;
  };
  const std::vector<Case> cases{
      {{"device", "pc", "none.jpg"}, 1, "none.jpg"},
      {{"device", "pc", damaged_image}, 1, "image.jpg"},
      {{"device", "pc", photo, "--models", "resnet5O"}, 2, "vgg19"},
      {{"device", "pc", "--model", "none.pt", "--input-shape", "1,3,8,8"}, 1, "none.pt"},
      {{"device", "pc", "--model", damaged_model, "--input-shape", "1,3,8,8"}, 1, "model.pt"},
      {{"device", "pc", "--model", damaged_model}, 1, "model.pt"},
      {{"device", "pc", "--model", damaged_model, "--input-shape", "1,0"}, 2, "--input-shape"},
      {{"device", "pc", photo, "--models", "lenet", "--input-shape", "1,3,8,8"}, 2, "--model"},
      {{"device", "pc", photo, "--models", "lenet", "--cuts", "several"}, 2, "--cuts"},
      {{"device", "pc", photo, "--models", "lenet", "--grain", "leaf"}, 2, "--grain"},
      {{"device", "pc", photo, "--models", "lenet", "--order", "any"}, 2, "--order"},
      {{"device", "pc"}, 2, "INPUT"},
      {{"my-device", "pc", photo}, 2, "my-device"},
      {{"device", "../pc", photo}, 2, "../pc"},
      {{"device", "@pc", photo}, 2, "@pc"},
      {{"device", "pc", photo, "--models", "mobilenet,mobilenet"}, 2, "named twice"},
      {{"device", "pc", photo, "-r", "0"}, 2, "--repetitions"},
  };
  for (const Case& bad : cases) {
    const ToolResult result = benchmark(folder, bad.arguments);
    INFO(result.err);
    CHECK(result.exit_code == bad.exit_code);
    CHECK(is_one_line(result.err));
    CHECK(result.err.find(bad.part) != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.path() / "out" / "device-pc.json"));
  }
}

TEST_CASE("the zoo lists its models with their sizes and refuses others by name") {
  NEEDS_TOOL("scission-zoo");
  const ToolResult list = run_tool("scission-zoo", {"list"});
  CHECK(list.exit_code == 0);
  CHECK(std::count(list.out.begin(), list.out.end(), '\n') == 21);
  CHECK(list.out.find("vgg19                   26    26  143,667,240  39.270  1×3×224×224\n") !=
        std::string::npos);
  CHECK(list.out.find("nasnetlarge           1041     7   88,949,818  47.793  1×3×331×331\n") !=
        std::string::npos);
  const ToolResult unknown = run_tool("scission-zoo", {"export", "nut"});
  CHECK(unknown.exit_code == 2);
  CHECK(unknown.err.find("vgg19") != std::string::npos);
  CHECK(is_one_line(unknown.err));
}

TEST_CASE("the zoo's list is there for programs too") {
  NEEDS_TOOL("scission-zoo");
  const ToolResult list = run_tool("scission-zoo", {"list", "--json"});
  REQUIRE(list.exit_code == 0);
  const auto models = nlohmann::json::parse(list.out);
  REQUIRE(models.size() == 20);
  const nlohmann::json expected = {{"model", "xception"},  {"layers", 134},
                                   {"cuts", 27},           {"parameters", 22910480},
                                   {"flops", 16865013004}, {"input", {1, 3, 299, 299}},
                                   {"preprocessing", "tf"}};
  CHECK(models[2] == expected);
}

TEST_CASE("an option of the zoo's other command is wrong usage") {
  NEEDS_TOOL("scission-zoo");
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"list", "-o", "x.pt"},
                                                    {"list", "--seed", "1"},
                                                    {"export", "lenet", "--json"}}) {
    const ToolResult result = run_tool("scission-zoo", arguments);
    CHECK(result.exit_code == 2);
    CHECK(is_one_line(result.err));
  }
}
