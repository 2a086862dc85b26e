#include <array>
#include <chrono>
#include <map>

#include "base/file.hpp"
#include "base/text.hpp"
#include "report/model_picture.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/programs.hpp"
#include "support/scratch.hpp"
#include "support/small_graph.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

std::vector<Cut> cuts_of(const ModelGraph& graph, CutKind kind = CutKind::single) {
  return find_cuts(graph, kind).cuts;
}

std::string dot_of(const ModelGraph& graph, const PictureOptions& options = {}) {
  return model_dot(graph, cuts_of(graph), options);
}

/// Every layer reads all the earlier ones, as in a DenseNet.
ModelGraph dense(int layers) {
  std::vector<std::vector<int>> inputs(layers);
  for (int i = 0; i < layers; ++i) {
    for (int j = 0; j < i; ++j) inputs[i].push_back(j);
  }
  return graph_of(inputs);
}

}  // namespace

#define NEEDS_GRAPHVIZ()                      \
  if (!has_graphviz()) {                      \
    SKIP_TEST("graphviz (dot) is not there"); \
  }

TEST_CASE("each layer is a node with its name, type and output shape") {
  const std::string dot = dot_of(residual());
  CHECK(occurrences(dot, "[label=<") == 7);  // six layers and the output
  CHECK(contains(dot, "<B>layer3</B>"));
  CHECK(contains(dot, "T3 · 1×4<"));
  CHECK(contains(dot, "<B>output</B>"));
  CHECK(contains(dot, "layer5 -> output"));
}

TEST_CASE("blocks of several layers are boxed, single layers are not") {
  const std::string dot = dot_of(residual());
  CHECK(occurrences(dot, "subgraph") == 1);
  CHECK(contains(dot, "label=\"layers 2-4\""));
  CHECK(occurrences(dot_of(chain()), "subgraph") == 0);
}

TEST_CASE("a value that crosses a cut is labelled with its bytes once a block that reads it") {
  const ModelGraph graph = residual();
  const std::vector<PictureEdge> edges = picture_edges(graph, cuts_of(graph));
  REQUIRE(edges.size() == 7);
  std::vector<std::pair<int, std::int64_t>> labelled;
  for (const PictureEdge& edge : edges) {
    if (edge.sent_bytes) labelled.emplace_back(edge.to, *edge.sent_bytes);
  }
  // layer 1's value goes to layers 2 and 4 of one block, and is sent there once
  CHECK(labelled == std::vector<std::pair<int, std::int64_t>>{{1, 4}, {2, 8}, {5, 20}, {6, 24}});
  CHECK(contains(dot_of(graph), "layer1 -> layer2 [label=\" 8 B\"]"));
  CHECK(contains(dot_of(graph), "layer1 -> layer4\n"));
  CHECK(contains(dot_of(graph), "T1 · 1×2 · 8 B<"));
}

TEST_CASE("an edge whose view is not sent tells the bytes of what is sent for it") {
  ModelGraph graph = chain();  // value 2 is value 1 in another shape
  graph.values[2].view_of = 1;
  const std::vector<Cut> cuts = {{1, {1}, 8}, {2, {1}, 8}, {3, {3}, 16}};
  const std::vector<PictureEdge> edges = picture_edges(graph, cuts);
  REQUIRE(edges.size() == 4);
  CHECK(edges[2].to == 3);
  CHECK(edges[2].value == 1);
  CHECK(edges[2].sent_bytes == 8);
}

TEST_CASE("numbers draw no lines, what cannot be sent draws dashed ones") {
  ModelGraph graph = residual();
  graph.values[2].kind = ValueKind::fixed;
  graph.values[3].kind = ValueKind::opaque;
  const std::string dot = dot_of(graph);
  CHECK_FALSE(contains(dot, "layer2 -> layer3"));
  CHECK(contains(dot, "layer3 -> layer4 [style=dashed]"));
}

TEST_CASE("what is handed on with a tensor and cannot be sent draws no second line") {
  ModelGraph graph = chain();
  Value state;
  state.name = "state";
  state.kind = ValueKind::opaque;
  graph.values.push_back(state);
  graph.layers[1].outputs.push_back(4);
  graph.layers[2].inputs.push_back(4);
  CHECK(occurrences(dot_of(graph), "layer1 -> layer2") == 1);
  CHECK_FALSE(contains(dot_of(graph), "dashed"));
}

TEST_CASE("a model that returns nothing that can be drawn has no output node") {
  ModelGraph graph = chain();
  graph.values[3].kind = ValueKind::fixed;
  CHECK_FALSE(contains(dot_of(graph), "output"));
}

TEST_CASE("collapsed, a block is a node with its layers, types, work and what leaves it") {
  ModelGraph graph = residual();
  graph.layers[2].type = graph.layers[4].type = "Conv2D";
  graph.layers[2].flops = 3'410'000'000;
  const std::string dot = dot_of(graph, {true, {}});
  CHECK(occurrences(dot, "[label=<") == 5);
  CHECK(contains(dot, "3 layers: 2-4"));
  CHECK(contains(dot, "2 × Conv2D, 1 × T3"));
  CHECK(contains(dot, "90 parameters · 3.41 GFLOPs"));
  CHECK(contains(dot, "→ 1×5 · 20 B"));
  CHECK(contains(dot, "block1 -> block2 [label=\" 8 B\"]"));
  CHECK(occurrences(dot, " -> ") == 4);
}

TEST_CASE("of many types and many tensors the commonest and the first are named") {
  ModelGraph graph = dense(8);
  CHECK(contains(block_label(graph, {0, 7, 0}, {7, {0, 1, 2, 3, 4}, 60}), "4 more"));
  CHECK(contains(block_label(graph, {0, 7, 0}, {7, {0, 1, 2, 3, 4}, 60}),
                 "→ 1×1 + 1×2 + 1×3 + 2 more · 60 B"));
}

TEST_CASE("a plan's systems have colours and a legend, and lines between them are bold") {
  const PictureOptions options{false, {{0, 1, "pi"}, {2, 4, "vm & <gpu>"}, {5, 5, "pi"}}};
  const std::string dot = dot_of(residual(), options);
  CHECK(contains(dot, "pi: layers 0-1, 5"));
  CHECK(contains(dot, "vm &amp; &lt;gpu&gt;: layers 2-4"));
  CHECK(occurrences(dot, "penwidth=3.5") == 3);  // twice into the block of 2-4, once out of it
  CHECK(occurrences(dot, "fillcolor=\"" + PicturePlan::colours(0).fill + "\"") == 3);
  CHECK(occurrences(dot, "fillcolor=\"" + PicturePlan::colours(1).fill + "\"") == 3);
  CHECK_FALSE(contains(dot, "convolution"));
}

TEST_CASE("systems keep apart beyond the seven colours there are") {
  for (int i = 0; i < 14; ++i) {
    for (int j = 0; j < i; ++j) CHECK(PicturePlan::colours(i).fill != PicturePlan::colours(j).fill);
  }
}

TEST_CASE("a plan that does not fit the model is refused with the way out") {
  const auto draw = [](std::vector<Placement> placements) {
    return dot_of(residual(), {false, std::move(placements)});
  };
  CHECK_ERROR(draw({{0, 2, "pi"}, {3, 5, "vm"}}), ErrorCode::invalid_argument,
              "after layers 1 and 4");
  CHECK_ERROR(draw({{0, 1, "pi"}, {2, 8, "vm"}}), ErrorCode::mismatch, "layers 0-8");
  CHECK_ERROR(draw({{0, 1, "pi"}}), ErrorCode::mismatch, "the model 0-5");
  CHECK_ERROR(draw({{0, 1, "pi"}, {3, 5, "vm"}}), ErrorCode::invalid_argument, "layer 2 is next");
  CHECK_ERROR(draw({{1, 5, "pi"}}), ErrorCode::invalid_argument, "layer 0 is next");
  CHECK_ERROR(draw({{0, -1, "pi"}, {0, 5, "vm"}}), ErrorCode::invalid_argument, "layer 0 is next");
}

TEST_CASE("names stand in the picture as they are, whatever they hold") {
  CHECK(dot_quote("a\"b\\c\nd&e") == R"("a\"b\\c d&amp;e")");
  CHECK(dot_quote("ends with \\") == R"("ends with \\")");
  CHECK(dot_html("<b>\"&amp;\"</b>") == "&lt;b&gt;&quot;&amp;amp;&quot;&lt;/b&gt;");
  CHECK(clean_text("tab\tnul\x01") == "tab nul ");
  CHECK(clean_text("größe → 層 😀") == "größe → 層 😀");
  for (const char* bad :
       {"\xFF", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xEF\xBF\xBF", "\xC3("}) {
    CAPTURE(bad);
    CHECK(contains(clean_text(bad), "\uFFFD"));
  }
  CHECK(clean_text("\xC3(") == "\uFFFD(");
}

TEST_CASE("long names lose their middle, between characters") {
  CHECK(shortened("short", 5) == "short");
  CHECK(shortened("abcdefghij", 5) == "ab…ij");
  CHECK(shortened("ääääääääää", 5) == "ää…ää");
}

TEST_CASE("kinds of layers are told from the words of Keras and of PyTorch") {
  struct Case {
    LayerKind kind;
    std::vector<std::string> types;
  };
  const std::vector<Case> cases{
      {LayerKind::convolution,
       {"Conv2D", "DepthwiseConv2D", "SeparableConv2D", "aten::_convolution", "ConvTranspose2d",
        "Conv2dNormActivation"}},
      {LayerKind::dense, {"Dense", "Linear", "aten::matmul", "MultiheadAttention", "LSTM"}},
      {LayerKind::normalisation, {"BatchNormalization", "LayerNorm", "aten::batch_norm"}},
      {LayerKind::activation, {"ReLU", "Activation", "aten::relu_", "Softmax", "SiLU", "ELU"}},
      {LayerKind::pooling, {"MaxPooling2D", "GlobalAveragePooling2D", "AdaptiveAvgPool2d"}},
      {LayerKind::join, {"Add", "aten::add_", "Concatenate", "aten::cat", "Multiply"}},
      {LayerKind::other, {"Flatten", "Dropout", "aten::upsample_bilinear2d", "Padding", "Module"}},
  };
  for (const Case& one : cases) {
    for (const std::string& type : one.types) {
      CAPTURE(type);
      CHECK(to_string(kind_of(type)) == to_string(one.kind));
    }
  }
}

TEST_CASE("shapes are told with their type where it is not float32") {
  const auto told = [](const std::string& dtype, std::vector<std::int64_t> shape) {
    Value value;
    value.dtype = dtype;
    value.shape = std::move(shape);
    return shape_text(value);
  };
  CHECK(told("float32", {1, 3, 8, 8}) == "1×3×8×8");
  CHECK(told("int64", {1, 128}) == "1×128 int64");
  CHECK(told("float32", {}) == "scalar · float32");
}

TEST_CASE("a value with many readers is one line that they branch off") {
  const std::string few = dot_of(dense(6));
  CHECK_FALSE(contains(few, "shape=point"));
  const std::string many = dot_of(dense(20));
  CHECK(contains(many, "layer0_value0_0 -> layer0_value0_1"));
  CHECK(contains(many, "layer0_value0_17 -> layer19"));
}

TEST_CASE("the text of a picture grows with the model, no faster") {
  const auto chain_of = [](int layers) {
    std::vector<std::vector<int>> inputs(layers);
    for (int i = 1; i < layers; ++i) inputs[i] = {i - 1};
    return graph_of(inputs);
  };
  const auto start = std::chrono::steady_clock::now();
  const std::string dot = dot_of(chain_of(20'000));
  CHECK(occurrences(dot, " -> ") == 20'000);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a picture is drawn in the format that its file's ending says, and nothing is left") {
  NEEDS_GRAPHVIZ();
  const Scratch folder;
  const std::string dot = dot_of(residual(), {false, {{0, 1, "pi"}, {2, 5, "vm"}}});
  for (const auto& [name, begin] : std::map<std::string, std::string>{
           {"a.svg", "<?xml"}, {"b c.png", "\x89PNG"}, {"-d.pdf", "%PDF"}, {"e.dot", "digraph"}}) {
    CAPTURE(name);
    draw_model(dot, folder.path() / name);
    CHECK(read_file(folder.path() / name).starts_with(begin));
  }
  CHECK(folder.count() == 4);
}

TEST_CASE("Graphviz shows every name as it is") {
  NEEDS_GRAPHVIZ();
  ModelGraph graph = chain();
  graph.name = "\"]; evil [label=\"";
  graph.layers[1].name = "a\\b\"c\"<i>&amp;</i>\\";
  graph.layers[2].name = std::string("\xFFtwo\nlines\x02");
  graph.layers[2].type = "<B>";
  const Scratch folder;
  draw_model(dot_of(graph), folder.path() / "x.svg");
  const std::string svg = read_file(folder.path() / "x.svg");
  CHECK(contains(svg, "a\\b&quot;c&quot;&lt;i&gt;&amp;amp;&lt;/i&gt;\\"));
  CHECK(contains(svg, "\uFFFDtwo lines "));
  CHECK(contains(svg, "&lt;B&gt;"));
  CHECK(contains(svg, "]; evil [label="));
}

TEST_CASE("a large dense model is drawn in reasonable time") {
  NEEDS_GRAPHVIZ();
  const Scratch folder;
  draw_model(dot_of(dense(60)), folder.path() / "x.svg");
  CHECK(contains(read_file(folder.path() / "x.svg"), "layer59"));
}

TEST_CASE("a picture that cannot be drawn leaves nothing") {
  const Scratch folder;
  const std::string dot = dot_of(chain());
  for (const char* name : {"x.gif", "x", "x.svg.", ".svg", "x.SVG"}) {
    CAPTURE(name);
    CHECK_ERROR(draw_model(dot, folder.path() / name), ErrorCode::invalid_argument, ".svg");
    CHECK_ERROR(validate_picture_path(folder.path() / name), ErrorCode::invalid_argument, ".svg");
  }
  CHECK_ERROR(draw_model(dot, folder.path() / "none" / "x.dot"), ErrorCode::io, "none");
  CHECK_ERROR(draw_model(dot, folder.path() / "none" / "x.svg"), ErrorCode::io, "none");
  CHECK(folder.count() == 0);
  NEEDS_GRAPHVIZ();
  CHECK_ERROR(draw_model("digraph { a -> ", folder.path() / "x.svg"), ErrorCode::io, "syntax");
  CHECK(folder.count() == 0);
  std::filesystem::create_directory(folder.path() / "taken.svg");
  CHECK_ERROR(draw_model(dot, folder.path() / "taken.svg"), ErrorCode::io, "taken.svg");
  CHECK(folder.count() == 1);
}

TEST_CASE("without Graphviz the error says what to install, and .dot is written all the same") {
  const Scratch folder;
  const WithoutPath nothing_found;
  CHECK_ERROR(draw_model(dot_of(chain()), folder.path() / "x.svg"), ErrorCode::unsupported,
              "install graphviz");
  CHECK(folder.count() == 0);
  draw_model(dot_of(chain()), folder.path() / "x.dot");
  CHECK(folder.count() == 1);
}

namespace {

/// Graphviz' dot, played by a shell script that comes first along PATH.
class StubDot {
 public:
  explicit StubDot(const std::string& body) {
    const auto file = folder_.file("dot", "#!/bin/sh\n" + body);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    setenv("PATH", (folder_.path().string() + ":" + before_).c_str(), 1);
  }
  ~StubDot() { setenv("PATH", before_.c_str(), 1); }

 private:
  Scratch folder_;
  std::string before_ = std::getenv("PATH");
};

}  // namespace

TEST_CASE("a picture that Graphviz cut short or failed at does not replace an older one") {
  const Scratch folder;
  for (const auto& [file, body, message] : std::vector<std::array<std::string, 3>>{
           {"m.svg", "printf '<svg><g' >picture", "m.svg: is cut short"},
           {"m.png", "printf PNG >picture", "m.png: is cut short"},
           {"m.pdf", "printf %%PDF >picture", "m.pdf: is cut short"},
           {"m.svg", "exit 0", "m.svg: was not written"},
           {"m.svg", "printf '<svg></svg>' >picture; echo 'Error: no space' >&2; exit 1",
            "dot: Error: no space"}}) {
    CAPTURE(file, body);
    const auto path = folder.file(file, "old");
    const StubDot dot(body + "\n");
    CHECK_ERROR(draw_model(dot_of(chain()), path), ErrorCode::io, message);
    CHECK(read_file(path) == "old");
  }
  CHECK(folder.count() == 3);
  const StubDot dot("printf '<svg></svg>' >picture\n");
  draw_model(dot_of(chain()), folder.path() / "m.svg");
  CHECK(read_file(folder.path() / "m.svg") == "<svg></svg>");
}

namespace {

/// An input, and groups of three layers of the types and names of a stage, one after the other.
ModelGraph repeated(int groups) {
  std::vector<std::vector<int>> inputs{{}};
  for (int i = 1; i <= 3 * groups; ++i) inputs.push_back({i - 1});
  ModelGraph graph = graph_of(inputs);
  for (int i = 1; i <= 3 * groups; ++i) {
    const int group = (i - 1) / 3;
    const std::string type = std::vector<std::string>{"Conv2D", "BatchNorm", "ReLU"}[(i - 1) % 3];
    graph.layers[i].name = "stage." + std::to_string(group) + "." + type;
    graph.layers[i].type = type;
    graph.layers[i].parameters = 7;
    graph.values[i].shape = {1, 8};
    graph.values[i].bytes = 32;
  }
  return graph;
}

PictureOptions folding() {
  PictureOptions options;
  options.fold_repeats = true;
  return options;
}

}  // namespace

TEST_CASE("equal groups of layers that follow each other are one node with their number") {
  const std::string dot = dot_of(repeated(4), folding());
  CHECK(occurrences(dot, "[label=<") == 3);  // the input, the groups, the output
  CHECK(contains(dot, "4 × stage.0"));
  CHECK(contains(dot, "12 layers: 1-12"));
  CHECK(contains(dot, "each 1 × Conv2D, 1 × BatchNorm, 1 × ReLU"));
  CHECK(contains(dot, "peripheries=2"));
  CHECK(contains(dot, "unit0 -> unit1"));
  CHECK(contains(dot, "unit1 -> output"));
}

TEST_CASE("a group of another shape, or on another system, is a node of its own") {
  ModelGraph graph = repeated(4);
  graph.values[12].shape = {1, 9};
  const std::string other_shape = dot_of(graph, folding());
  CHECK(contains(other_shape, "3 × stage.0"));
  CHECK(contains(other_shape, "stage.3.ReLU"));
  PictureOptions planned = folding();
  planned.placements = {{0, 6, "pi"}, {7, 12, "vm"}};
  const std::string two_systems = dot_of(repeated(4), planned);
  CHECK(contains(two_systems, "2 × stage.0"));
  CHECK(contains(two_systems, "2 × stage.2"));
}

TEST_CASE("a model without repeats folds into its blocks") {
  const std::string dot = dot_of(residual(), folding());
  CHECK(contains(dot, "3 layers: 2-4"));
  CHECK_FALSE(contains(dot, " × layer"));
}
