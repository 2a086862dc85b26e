#include "scission/model.hpp"

#include <algorithm>
#include <set>

#include "support/catch.hpp"
#include "support/random_graph.hpp"
#include "support/small_graph.hpp"

using namespace scission;
using scission::testing::graph_of;
using scission::testing::residual;

namespace {

// Every layer works in as many bytes as it hands on, and costs its own number of everything.
ModelGraph costly_residual() {
  ModelGraph graph = residual();
  for (int layer = 0; layer < 6; ++layer) {
    graph.layers[layer].weight_bytes = 40 * layer;
    graph.layers[layer].flops = 200 * layer;
    graph.layers[layer].macs = 100 * layer;
    graph.layers[layer].working_bytes = graph.values[layer].bytes;
  }
  return graph;
}

std::vector<std::int64_t> peaks(const ModelGraph& graph) {
  std::vector<std::int64_t> peaks;
  for (const LayerStatistics& layer : layer_statistics(graph)) {
    peaks.push_back(layer.peak_activation_bytes);
  }
  return peaks;
}

// Earlier layers' memory that the layer or a later one, or the caller, needs, and its own.
std::int64_t slow_peak(const ModelGraph& graph, int index) {
  std::set<int> made;
  for (int layer = 0; layer < index; ++layer) {
    const std::vector<int>& outputs = graph.layers[layer].outputs;
    made.insert(outputs.begin(), outputs.end());
  }
  std::set<int> needed;
  const auto need = [&](int value) {
    while (graph.values[value].view_of >= 0) value = graph.values[value].view_of;
    if (made.contains(value)) needed.insert(value);
  };
  for (std::size_t layer = index; layer < graph.layers.size(); ++layer) {
    for (int value : graph.layers[layer].inputs) need(value);
  }
  for (int value : graph.outputs) need(value);
  std::int64_t sum = graph.layers[index].working_bytes;
  for (int value : needed) {
    if (graph.values[value].kind != ValueKind::fixed) sum += graph.values[value].bytes;
  }
  return sum;
}

}  // namespace

TEST_CASE("a block adds up what its layers cost") {
  const LayerStatistics block = block_statistics(costly_residual(), {{2, 4, 0}}).front();
  CHECK(block.parameters == 20 + 30 + 40);
  CHECK(block.weight_bytes == 80 + 120 + 160);
  CHECK(block.flops == 400 + 600 + 800);
  CHECK(block.macs == 200 + 300 + 400);
  CHECK(block.activation_bytes == 12 + 16 + 20);
}

// input ──▶ 1 ──┬──▶ 2 ──▶ 3 ──▶ 4 (add) ──▶ 5        bytes: 4 (i + 1)
//               └────────────────▲
TEST_CASE("what is needed later is alive while a layer runs") {
  const std::vector<std::int64_t> expected{4, 4 + 8, 8 + 12, 8 + 12 + 16, 8 + 16 + 20, 20 + 24};
  CHECK(peaks(costly_residual()) == expected);
}

TEST_CASE("a block's peak is that of its worst layer") {
  const ModelGraph graph = costly_residual();
  const auto blocks = block_statistics(graph, {{0, 1, 0}, {2, 3, 0}, {4, 5, 0}});
  CHECK(blocks[0].peak_activation_bytes == 12);
  CHECK(blocks[1].peak_activation_bytes == 36);
  CHECK(blocks[2].peak_activation_bytes == 44);
  CHECK(model_statistics(graph).peak_activation_bytes == 44);
  CHECK(model_statistics(graph).parameters == 150);
}

// input ──▶ 1 ──▶ 2 (a view of 1) ──▶ 3 ──▶ 4
TEST_CASE("a view is not counted, and keeps the memory that it shows") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {2}, {3}});
  graph.values[2].view_of = 1;
  CHECK(peaks(graph) == std::vector<std::int64_t>{0, 4, 8, 8, 16});
  CHECK(model_statistics(graph).activation_bytes == 4 + 8 + 16 + 20);
}

TEST_CASE("numbers that the input's shape fixes take no memory") {
  ModelGraph graph = residual();
  graph.values[1].kind = ValueKind::fixed;
  CHECK(peaks(graph) == std::vector<std::int64_t>{0, 4, 0, 12, 16, 20});
  CHECK(layer_statistics(graph)[1].activation_bytes == 0);
}

TEST_CASE("what the model returns stays to the end") {
  ModelGraph graph = testing::chain();
  graph.outputs = {0, 3};
  CHECK(peaks(graph) == std::vector<std::int64_t>{0, 4, 4 + 8, 4 + 12});
}

TEST_CASE("a block lists its layers' types") {
  CHECK(layer_types(residual(), {2, 4, 0}) == "T2 T3 T4");
  CHECK(layer_types(residual(), {5, 5, 0}) == "T5");
}

TEST_CASE("a model without layers costs nothing") {
  CHECK(model_statistics(ModelGraph{}).peak_activation_bytes == 0);
  CHECK(layer_statistics(ModelGraph{}).empty());
}

TEST_CASE("random models: a layer's peak is the memory still needed and its own") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const ModelGraph graph = testing::random_graph(random);
    const std::vector<std::int64_t> found = peaks(graph);
    for (std::size_t layer = 0; layer < found.size(); ++layer) {
      REQUIRE(found[layer] == slow_peak(graph, static_cast<int>(layer)));
    }
    REQUIRE(model_statistics(graph).peak_activation_bytes ==
            *std::max_element(found.begin(), found.end()));
  }
}
