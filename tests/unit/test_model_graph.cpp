#include "scission/model_graph.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

// A graph whose layer i makes value i, 4·(i + 1) bytes, from the values in inputs[i]. It returns
// the last layer's value.
ModelGraph graph_of(const std::vector<std::vector<int>>& inputs) {
  ModelGraph graph;
  graph.name = "small";
  for (int index = 0; index < static_cast<int>(inputs.size()); ++index) {
    const std::string number = std::to_string(index);
    graph.values.push_back({"v" + number, "float32", {1, index + 1}, 4 * (index + 1), true});
    graph.layers.push_back({"layer" + number, "T" + number, inputs[index], {index}, 10 * index});
  }
  graph.outputs = {static_cast<int>(inputs.size()) - 1};
  return graph;
}

// input ──▶ 1 ──▶ 2 ──▶ 3
ModelGraph chain() { return graph_of({{}, {0}, {1}, {2}}); }

// input ──▶ 1 ──┬──▶ 2 ──▶ 3 ──▶ 4 (add) ──▶ 5
//               └────────────────▲
ModelGraph residual() { return graph_of({{}, {0}, {1}, {2}, {3, 1}, {4}}); }

using Layers = std::vector<int>;

}  // namespace

TEST_CASE("a chain may be cut after every layer") {
  CHECK(single_tensor_cuts(chain()) == Layers{0, 1, 2, 3});
}

TEST_CASE("a residual branch may only be cut outside of it") {
  CHECK(single_tensor_cuts(residual()) == Layers{0, 1, 4, 5});
}

TEST_CASE("both values of a residual branch are alive inside it") {
  const ModelGraph graph = residual();
  CHECK(alive_after(graph, 0) == Layers{0});
  CHECK(alive_after(graph, 1) == Layers{1});
  CHECK(alive_after(graph, 2) == Layers{1, 2});
  CHECK(alive_after(graph, 3) == Layers{1, 3});
  CHECK(alive_after(graph, 4) == Layers{4});
  CHECK(alive_after(graph, 5) == Layers{5});
}

// input ──▶ 1 ──▶ 2 ──▶ 3 (a number) ──▶ 4 ──▶ 5
TEST_CASE("a number that crosses forbids a cut, even when it is alone") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {2}, {3}, {4}});
  graph.values[3].is_tensor = false;
  CHECK(single_tensor_cuts(graph) == Layers{0, 1, 2, 4, 5});
}

// input ──▶ 1 (number) ───────▼
//   └─────▶ 2 ──▶ 3 ──▶ 4 (reshape) ──▶ 5
TEST_CASE("a number that crosses beside a tensor forbids a cut") {
  ModelGraph graph = graph_of({{}, {0}, {0}, {2}, {3, 1}, {4}});
  graph.values[1].is_tensor = false;
  CHECK(single_tensor_cuts(graph) == Layers{0, 4, 5});
}

// input ──▶ 1 ──┬──▶ 2    (nobody reads 2)
//               └──▶ 3
TEST_CASE("a value that nobody reads is not alive") {
  const ModelGraph graph = graph_of({{}, {0}, {1}, {1}});
  CHECK(alive_after(graph, 2) == Layers{1});
  CHECK(single_tensor_cuts(graph) == Layers{0, 1, 2, 3});
}

TEST_CASE("a value that the caller needs stays alive to the end") {
  ModelGraph graph = chain();
  graph.outputs = {1, 3};
  CHECK(alive_after(graph, 2) == Layers{1, 2});
  CHECK(single_tensor_cuts(graph) == Layers{0, 1, 3});
}

TEST_CASE("a layer that reads what a later one makes is refused") {
  const ModelGraph graph = graph_of({{}, {2}, {0}, {2}});
  CHECK_ERROR(single_tensor_cuts(graph), ErrorCode::invalid_argument,
              "model small, layer 1 (layer1): reads 'v2' before any layer has made it");
}

TEST_CASE("a layer that reads its own output is refused") {
  CHECK_ERROR(alive_after(graph_of({{}, {1}}), 0), ErrorCode::invalid_argument, "before any layer");
}

TEST_CASE("blocks reach from cut to cut and end with the bytes alive there") {
  const ModelGraph graph = residual();
  const std::vector<Block> blocks = blocks_between(graph, single_tensor_cuts(graph));
  const std::vector<Block> expected{{0, 0, 4}, {1, 1, 8}, {2, 4, 20}, {5, 5, 24}};
  CHECK(blocks == expected);
}

TEST_CASE("a block that ends inside a branch sends every value alive there") {
  const std::vector<Block> expected{{0, 2, 8 + 12}, {3, 5, 24}};
  CHECK(blocks_between(residual(), {2, 5}) == expected);
}

TEST_CASE("cuts that do not ascend or do not end with the last layer are refused") {
  const ModelGraph graph = chain();
  for (const Layers& cuts : {Layers{}, Layers{0, 2}, Layers{2, 1, 3}, Layers{1, 1, 3}}) {
    CHECK_ERROR(blocks_between(graph, cuts), ErrorCode::invalid_argument,
                "cuts must ascend and end with the last layer, 3");
  }
}

TEST_CASE("a block lists its layers' types and adds up their parameters") {
  const ModelGraph graph = residual();
  CHECK(layer_types(graph, {2, 4, 0}) == "T2 T3 T4");
  CHECK(parameters(graph, {2, 4, 0}) == 90);
  CHECK(parameters(graph) == 150);
}
