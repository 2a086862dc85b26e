// What scission-split answers to what it cannot do.
#include <torch/csrc/jit/ir/irparser.h>
#include <torch/script.h>

#include <filesystem>
#include <fstream>

#include "apps/split_example.hpp"
#include "base/file.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

struct Case {
  Arguments arguments;
  int exit_code;
  std::string part;
};

void check_refused(const Case& bad) {
  const ToolResult result = run_tool("scission-split", bad.arguments);
  CAPTURE(bad.arguments, result.err);
  CHECK(result.exit_code == bad.exit_code);
  CHECK(result.out.empty());
  CHECK(is_one_line(result.err));
  CHECK(result.err.starts_with("scission-split: "));
  CHECK(contains(result.err, bad.part));
}

}  // namespace

TEST_CASE("a model that cannot be read is refused by its file") {
  const SplitExample example;
  const std::string text = read_file(example.model);
  const std::string no_model = example.folder.file("text.pt", "no model");
  const std::string empty = example.folder.file("empty.pt", "");
  const std::string cut_short =
      example.folder.file("short.pt", std::string_view(text).substr(0, text.size() / 2));
  for (const auto& [file, part] : std::vector<std::pair<std::string, std::string>>{
           {no_model, "text.pt"}, {empty, "empty.pt"}, {cut_short, "short.pt"}}) {
    check_refused({{"--list", file, "--input-shape", "1,3,16,16"}, 1, part});
    check_refused(
        {{file, "--every-cut", "-o", example.out, "--input-shape", "1,3,16,16"}, 1, part});
  }
  CHECK_FALSE(std::filesystem::exists(example.out));
}

TEST_CASE("a model that is neither a file nor built in is refused") {
  check_refused({{"--list", "no-such-model"}, 2, "no-such-model"});
  check_refused({{"--list"}, 2, "MODEL"});
}

TEST_CASE("a file needs its input's shape, and one that the model runs on") {
  const SplitExample example;
  const std::string& net = example.model;
  const std::vector<Case> cases{
      {{"--list", net}, 2, "--input-shape"},
      {{"--list", net, "--input-shape", "1,4,16,16"}, 1, "net"},
      {{"--list", net, "--input-shape", "1,3,16,16;1,3,16,16"}, 1, "net"},
      {{"--list", net, "--input-shape", "1,3,-1,16"}, 2, "1x3x-1x16"},
      {{"--list", net, "--input-shape", "big"}, 2, "big"},
      {{"--list", net, "--input-shape", "1,3,16,16:text"}, 2, "text"},
  };
  for (const Case& bad : cases) check_refused(bad);
}

TEST_CASE("words that are none for cuts, grain and order are answered with those that are") {
  const SplitExample example;
  const std::vector<Case> cases{{{"--cuts", "double"}, 2, "frontier"},
                                {{"--grain", "sand"}, 2, "block"},
                                {{"--order", "chaos"}, 2, "compact"}};
  for (Case bad : cases) {
    bad.arguments.insert(bad.arguments.begin(),
                         {"--list", example.model, "--input-shape", "1,3,16,16"});
    check_refused(bad);
  }
}

TEST_CASE("a place that is no cut is answered with the nearest, an unknown layer by its name") {
  const SplitExample example;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"3", "2"},         {"conv2", "4"}, {"8", "has no layer '8'"}, {"-1", "-1"},
      {"relu9", "relu9"}, {"2,,4", "''"}, {"2,99", "'99'"},
  };
  for (const auto& [at, part] : cases) {
    check_refused(
        {{example.model, "--at", at, "-o", example.out, "--input-shape", "1,3,16,16"}, 2, part});
  }
  CHECK_FALSE(std::filesystem::exists(example.out));
}

TEST_CASE("options that are missing or do not go together are refused by name") {
  const SplitExample example;
  const std::string& net = example.model;
  const std::string& out = example.out;
  const std::vector<Case> cases{
      {{net}, 2, "say --list, --layers or --blocks, or where to cut"},
      {{net, "--verify"}, 2, "say --list, --layers or --blocks, or where to cut"},
      {{net, "--at", "2"}, 2, "--at: needs -o DIR"},
      {{net, "--at", "2", "--verify"}, 2, "needs -o DIR"},
      {{net, "--every-cut"}, 2, "--every-cut: needs -o DIR"},
      {{net, "--at", "2", "--every-cut", "-o", out}, 2, "not together with --at"},
      {{net, "--plan", "p.json", "--at", "2", "-o", out}, 2, "--plan: not together with --at"},
      {{net, "--list", "--layers"}, 2, "not together with --list"},
      {{net, "--list", "--verify"}, 2, "--verify: is for files that are written"},
      {{net, "--list", "-o", out}, 2, "--output: is for files that are written"},
      {{net, "--layers", "--triton"}, 2, "--triton: is for files that are written"},
      {{net, "--layers", "--rejected"}, 2, "--rejected: goes with --list only"},
      {{net, "--list", "--blocks"}, 2, "--blocks: goes with --layers only"},
      {{net, "more", "--list"}, 2, "unexpected argument 'more'"},
      {{net, "--every-cut", "-o", out, "--seed", "x"}, 2, "see scission-split --help"},
  };
  for (Case bad : cases) {
    bad.arguments.insert(bad.arguments.end(), {"--input-shape", "1,3,16,16"});
    check_refused(bad);
  }
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("a plan that cannot be read is refused by its file") {
  const SplitExample example;
  const std::string empty = example.folder.file("none.json", R"({"format":"scission-plans",)"
                                                             R"("version":1,"plans":[]})");
  const std::string damaged = example.folder.file("bad.json", "{");
  const std::vector<std::pair<std::string, std::string>> cases{
      {"missing.json", "missing.json"}, {empty, "none.json"}, {damaged, "bad.json"}};
  for (const auto& [plan, part] : cases) {
    const ToolResult result = example.write({"--plan", plan});
    CAPTURE(result.err);
    CHECK((result.exit_code == 1 || result.exit_code == 2));
    CHECK(is_one_line(result.err));
    CHECK(contains(result.err, part));
  }
  CHECK_FALSE(std::filesystem::exists(example.out));
}

TEST_CASE("a folder that cannot be made is an error") {
  const SplitExample example;
  const std::string file = example.folder.file("file", "");
  const ToolResult result = example.run({example.model, "--at", "2", "-o", file + "/out"});
  CHECK(result.exit_code == 1);
  CHECK(is_one_line(result.err));
  CHECK(contains(result.err, "/out"));
}

TEST_CASE("operators from elsewhere are loaded where they are named, and else named") {
  const std::string library = SCISSION_TEST_OPERATORS;
  torchscript::load_operators(library);
  torch::jit::Module module("Twice");
  const auto graph = std::make_shared<torch::jit::Graph>();
  torch::jit::parseIR(
      "graph(%self, %x):\n  %y = scission_test::twice(%x)\n"
      "  %z = aten::relu(%y)\n  return (%z)\n",
      graph.get());
  graph->inputs()[0]->setType(module.type());
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(module.type()->name()->qualifiedName() + ".forward"), graph));
  const SplitExample example;
  const std::string model = example.save(module, "twice.pt");
  const ToolResult refused = example.run({model, "--list"});
  CHECK(refused.exit_code != 0);
  CHECK(contains(refused.err, "needs the operator scission_test::twice"));
  CHECK(contains(refused.err, "--operators LIB.so"));
  const ToolResult listed = example.run({model, "--list", "--operators", library});
  INFO(listed.err);
  CHECK(listed.exit_code == 0);
  CHECK(contains(listed.out, "twice"));
}
