// scission-graph, as a person calls it.
#include <filesystem>

#include "apps/built_tools.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"
#include "support/programs.hpp"
#include "support/run_tool.hpp"
#include "support/scratch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Of a model with 26 layers, like vgg19.
std::string plan_json(int first_end, int last) {
  return R"({"format": "scission-plans", "version": 1, "plans": [{"stages": [)"
         R"({"system": "pi", "first_layer": 0, "last_layer": )" +
         std::to_string(first_end) + R"(}, {"system": "vm", "first_layer": )" +
         std::to_string(first_end + 1) + R"(, "last_layer": )" + std::to_string(last) + "}]}]}";
}

ToolResult graph(const Scratch& folder, const Arguments& arguments) {
  return run_tool("scission-graph", arguments, {folder.path(), {}});
}

}  // namespace

#define NEEDS_GRAPHVIZ()                          \
  if (!has_graphviz()) {                          \
    SKIP_TEST("graphviz (dot) is not installed"); \
  }

TEST_CASE("a built-in model is drawn into an SVG named after it, in the present folder") {
  NEEDS_TOOL("scission-graph");
  NEEDS_GRAPHVIZ();
  const Scratch folder;
  const ToolResult result = graph(folder, {"lenet"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.out.starts_with("lenet.svg: lenet, "));
  CHECK(is_one_line(result.out));
  CHECK(contains(read_file(folder.path() / "lenet.svg"), "<svg"));
  CHECK(folder.count() == 1);
}

TEST_CASE("a model of many layers is folded unless its blocks or layers are asked for") {
  NEEDS_TOOL("scission-graph");
  const Scratch folder;
  const ToolResult folded = graph(folder, {"resnet50", "-o", "folded.dot"});
  INFO(folded.err);
  REQUIRE(folded.exit_code == 0);
  CHECK(contains(folded.out, "--layers"));
  const std::string dot = read_file(folder.path() / "folded.dot");
  for (const char* repeats : {"2 × conv2_block2", "3 × conv3_block2", "5 × conv4_block2"}) {
    CHECK(contains(dot, repeats));
  }
  CHECK_FALSE(contains(dot, "conv4_block3"));
  const ToolResult blocks = graph(folder, {"inception_v3", "--blocks", "-o", "blocks.dot"});
  INFO(blocks.err);
  REQUIRE(blocks.exit_code == 0);
  CHECK(contains(blocks.out, "--layers"));
  CHECK(contains(read_file(folder.path() / "blocks.dot"), "block1 -> block2"));
  REQUIRE(graph(folder, {"inception_v3", "--layers", "-o", "layers.dot"}).exit_code == 0);
  CHECK(contains(read_file(folder.path() / "layers.dot"), "layer1 -> layer2"));
}

TEST_CASE("a plan's systems are in the picture") {
  NEEDS_TOOL("scission-graph");
  const Scratch folder;
  folder.file("plan.json", plan_json(6, 25));
  const ToolResult result = graph(folder, {"vgg19", "--plan", "plan.json", "-o", "x.dot"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const std::string dot = read_file(folder.path() / "x.dot");
  CHECK(contains(dot, "pi: layers 0-6"));
  CHECK(contains(dot, "vm: layers 7-25"));
  CHECK(contains(dot, "penwidth=3.5"));
}

TEST_CASE("an exported model is drawn from its file, which knows its input") {
  NEEDS_TOOL("scission-graph");
  const Scratch folder;
  REQUIRE(run_tool("scission-zoo", {"export", "lenet", "-o", folder.path() / "net.pt"}).exit_code ==
          0);
  const ToolResult result = graph(folder, {"net.pt", "--cuts", "frontier", "-o", "x.dot"});
  INFO(result.err);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "x.dot: net, "));
}

TEST_CASE("a picture that cannot be made leaves no file and one line that says why") {
  NEEDS_TOOL("scission-graph");
  const Scratch folder;
  folder.file("broken.pt", "no model");
  folder.file("fits.json", plan_json(6, 25));
  folder.file("longer.json", plan_json(6, 30));
  folder.file("damaged.json", "{");
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string part;
  };
  const std::vector<Case> cases{
      {{}, 2, "MODEL"},
      {{"none.pt"}, 1, "none.pt"},
      {{"resnet5O"}, 2, "did you mean 'resnet50'?"},
      {{"broken.pt"}, 1, "broken.pt"},
      {{"vgg19", "-o", "x.gif"}, 2, ".svg"},
      {{"vgg19", "-o", "none/x.dot"}, 1, "none"},
      {{"vgg19", "--blocks", "--layers"}, 2, "--layers"},
      {{"vgg19", "--fold", "--layers"}, 2, "--layers"},
      {{"vgg19", "--cuts", "all"}, 2, "--cuts"},
      {{"vgg19", "--grain", "fine"}, 2, "--grain"},
      {{"vgg19", "--order", "random"}, 2, "--order"},
      {{"vgg19", "--input-shape", "big"}, 2, "--input-shape"},
      {{"vgg19", "--plan", "none.json"}, 1, "none.json"},
      {{"vgg19", "--plan", "damaged.json"}, 1, "damaged.json"},
      {{"vgg19", "--plan", "longer.json", "-o", "x.dot"}, 1, "layers 0-30"},
      {{"vgg19", "more"}, 2, "more"},
  };
  for (const Case& bad : cases) {
    const ToolResult result = graph(folder, bad.arguments);
    INFO(result.err);
    CHECK(result.exit_code == bad.exit_code);
    CHECK(result.out.empty());
    CHECK(is_one_line(result.err));
    CHECK(contains(result.err, bad.part));
  }
  CHECK(folder.count() == 4);
}
