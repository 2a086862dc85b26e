#include "model/layer_order.hpp"

#include <algorithm>
#include <ctime>
#include <numeric>

#include "scission/model.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/random_graph.hpp"
#include "support/small_graph.hpp"

using namespace scission;
using scission::testing::chain;
using scission::testing::graph_of;
using scission::testing::residual;

namespace {

using Layers = std::vector<int>;

// input ──▶ 1 ──┬──▶ 2 ──▶ 4 ──┬──▶ 6 (add)
//               └──▶ 3 ──▶ 5 ──┘
//
// The branches take turns in the file. 2 and 3 are large, 4 and 5 small.
ModelGraph two_branches() {
  ModelGraph graph = graph_of({{}, {0}, {1}, {1}, {2}, {3}, {4, 5}});
  for (int value : {2, 3}) graph.values[value].bytes = 100;
  for (int value : {1, 4, 5}) graph.values[value].bytes = 1;
  return graph;
}

// Sum over all places of the bytes of memory that somebody still needs, as the header says it.
std::int64_t slow_frontier_bytes(const ModelGraph& graph) {
  std::int64_t sum = 0;
  std::vector<bool> is_made(graph.values.size(), false);
  for (std::size_t layer = 0; layer + 1 < graph.layers.size(); ++layer) {
    for (int value : graph.layers[layer].outputs) is_made[value] = true;
    std::vector<bool> is_needed(graph.values.size(), false);
    const auto need = [&](int value) {
      while (graph.values[value].view_of >= 0) value = graph.values[value].view_of;
      is_needed[value] = true;
    };
    for (std::size_t later = layer + 1; later < graph.layers.size(); ++later) {
      for (int value : graph.layers[later].inputs) need(value);
    }
    for (int value : graph.outputs) need(value);
    for (std::size_t value = 0; value < graph.values.size(); ++value) {
      const bool counts = graph.values[value].kind != ValueKind::fixed;
      if (counts && is_made[value] && is_needed[value]) sum += graph.values[value].bytes;
    }
  }
  return sum;
}

std::int64_t least_frontier_bytes(const ModelGraph& graph) {
  std::int64_t least = frontier_bytes(graph);
  for (const Layers& order : testing::every_order(graph)) {
    least = std::min(least, frontier_bytes(reordered(graph, order)));
  }
  return least;
}

double order_seconds(const ModelGraph& graph) {
  double least = 1e9;
  for (int round = 0; round < 3; ++round) {
    const std::clock_t start = std::clock();
    const Layers order = compact_order(graph);
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    REQUIRE(order.size() == graph.layers.size());
  }
  return least;
}

double cut_seconds(const ModelGraph& graph) {
  double least = 1e9;
  for (int round = 0; round < 5; ++round) {
    const std::clock_t start = std::clock();
    const CutList list = find_cuts(graph, CutKind::frontier);
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    REQUIRE(!list.cuts.empty());
  }
  return least;
}

// A chain of views of views, with a second one of the first alive to the end.
ModelGraph view_chain(int layers) {
  std::vector<std::vector<int>> inputs{{}, {0}, {0}};
  while (static_cast<int>(inputs.size()) < layers) {
    inputs.push_back({static_cast<int>(inputs.size()) - 1});
  }
  inputs.push_back({layers - 1, 1});
  ModelGraph graph = graph_of(inputs);
  for (int value = 1; value < layers; ++value) {
    graph.values[value].view_of = inputs[value].front();
    graph.values[value].bytes = 1;
  }
  return graph;
}

}  // namespace

TEST_CASE("a compact order runs one branch after the other") {
  const ModelGraph graph = two_branches();
  CHECK(compact_order(graph) == Layers{0, 1, 2, 4, 3, 5, 6});
  CHECK(frontier_bytes(graph) == 4 + 1 + 101 + 200 + 101 + 2);
  CHECK(frontier_bytes(reordered(graph, compact_order(graph))) == 4 + 1 + 101 + 2 + 101 + 2);
}

TEST_CASE("an order that cannot be better stays as it is") {
  CHECK(compact_order(chain()) == Layers{0, 1, 2, 3});
  CHECK(compact_order(residual()) == Layers{0, 1, 2, 3, 4, 5});
  CHECK(compact_order(graph_of({{}})) == Layers{0});
  CHECK(compact_order(ModelGraph{}).empty());
}

// Layer 3 writes in place what layer 5 reads: it may not move behind it.
TEST_CASE("a layer stays after those that it has to run after") {
  ModelGraph graph = two_branches();
  graph.layers[4].after = {3};
  const Layers order = compact_order(graph);
  const auto place = [&](int layer) { return std::find(order.begin(), order.end(), layer); };
  CHECK(place(3) < place(4));
}

TEST_CASE("reordered layers keep their values and what they come after") {
  ModelGraph graph = two_branches();
  graph.layers[5].after = {4};
  const ModelGraph result = reordered(graph, {0, 1, 2, 4, 3, 5, 6});
  CHECK(result.layers[3].name == "layer4");
  CHECK(result.layers[3].outputs == graph.layers[4].outputs);
  CHECK(result.layers[5].after == Layers{3});
  CHECK(result.outputs == graph.outputs);
}

TEST_CASE("an order that is not a topological order of all layers is rejected") {
  const ModelGraph graph = chain();
  for (const Layers& order : {Layers{}, Layers{0, 1, 2}, Layers{0, 1, 1, 3}, Layers{0, 1, 2, 4}}) {
    CHECK_ERROR(reordered(graph, order), ErrorCode::invalid_argument,
                "model small: an order must have each of the 4 layers once");
  }
  CHECK_ERROR(reordered(graph, {1, 0, 2, 3}), ErrorCode::invalid_argument,
              "layer 0, the input, must stay first");
  CHECK_ERROR(reordered(graph, {0, 2, 1, 3}), ErrorCode::invalid_argument,
              "reads 'v1' before a layer produces it");
}

TEST_CASE("a view takes no memory") {
  ModelGraph graph = chain();
  graph.values[2].view_of = 1;
  CHECK(frontier_bytes(graph) == 4 + 8 + 8);
  graph.values[1].kind = ValueKind::fixed;
  CHECK(frontier_bytes(graph) == 4);
}

TEST_CASE("the orders of layers have names") {
  CHECK(parse_layer_order(to_string(LayerOrder::file)) == LayerOrder::file);
  CHECK(parse_layer_order("compact") == LayerOrder::compact);
  CHECK_ERROR(parse_layer_order("best"), ErrorCode::invalid_argument,
              "unknown order of layers 'best'; choose from: file, compact");
}

TEST_CASE("random models: the frontier's bytes are those of the memory still needed") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const ModelGraph graph = testing::random_graph(random);
    REQUIRE(frontier_bytes(graph) == slow_frontier_bytes(graph));
  }
}

TEST_CASE("random models: a compact order is topological and never worse") {
  std::mt19937 random(2);
  int better = 0;
  for (int round = 0; round < 300; ++round) {
    testing::GraphShape shape;
    shape.layers = 2 + round % 40;
    const ModelGraph graph = testing::random_graph(random, shape);
    const Layers order = compact_order(graph);
    const ModelGraph result = reordered(graph, order);  // throws unless it is topological
    REQUIRE(frontier_bytes(result) <= frontier_bytes(graph));
    REQUIRE(compact_order(graph) == order);
    better += frontier_bytes(result) < frontier_bytes(graph) ? 1 : 0;
  }
  CHECK(better > 50);
}

TEST_CASE("random models of tensors: no order is better") {
  std::mt19937 random(3);
  int better = 0;
  for (int round = 0; round < 300; ++round) {
    testing::GraphShape shape = testing::plain_shape(2 + round % 7);
    shape.view = round % 2 == 0 ? 0.3 : 0;
    const ModelGraph graph = testing::random_graph(random, shape);
    const std::int64_t found = frontier_bytes(reordered(graph, compact_order(graph)));
    REQUIRE(found == least_frontier_bytes(graph));
    better += found < frontier_bytes(graph) ? 1 : 0;
  }
  CHECK(better > 20);
}

TEST_CASE("a large network in a wild order shrinks to a small frontier") {
  std::mt19937 random(4);
  const ModelGraph graph = testing::cell_graph(random, 10);
  const std::int64_t places = static_cast<std::int64_t>(graph.layers.size()) - 1;
  const std::int64_t before = frontier_bytes(graph) / places;
  const std::int64_t after = frontier_bytes(reordered(graph, compact_order(graph))) / places;
  INFO("a place on average: " << before << " bytes, then " << after);
  // Both cells before, four sums, and the branch that runs.
  CHECK(after <= 60 + 60 + 4 * 12 + 2 * 12);
  CHECK(after < before);
}

// Linear growth gives a factor of 4, quadratic one of 16.
TEST_CASE("time grows in step with the layers") {
  std::mt19937 random(5);
  const ModelGraph small = testing::cell_graph(random, 20);
  const ModelGraph large = testing::cell_graph(random, 80);
  INFO(small.layers.size() << " and " << large.layers.size() << " layers");
  const double small_order = order_seconds(small);
  const double large_order = order_seconds(large);
  INFO("to order: " << small_order << " s and " << large_order << " s");
  CHECK(large_order < 9 * small_order + 0.01);
  CHECK(cut_seconds(large) < 9 * cut_seconds(small) + 0.01);
  CHECK(cut_seconds(view_chain(40'000)) < 9 * cut_seconds(view_chain(10'000)) + 0.01);
}
