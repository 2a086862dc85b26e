#include "scission/model.hpp"

#include <algorithm>
#include <set>

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
using Values = std::vector<int>;

constexpr CutKind all_kinds[] = {CutKind::single, CutKind::frontier, CutKind::original};

Layers cut_layers(const ModelGraph& graph, CutKind kind) {
  Layers layers;
  for (const Cut& cut : find_cuts(graph, kind).cuts) layers.push_back(cut.layer);
  return layers;
}

Cut cut_after(const ModelGraph& graph, int layer, CutKind kind = CutKind::frontier) {
  for (const Cut& cut : find_cuts(graph, kind).cuts) {
    if (cut.layer == layer) return cut;
  }
  FAIL("no cut after layer " << layer);
  return {};
}

std::string reason_after(const ModelGraph& graph, int layer, CutKind kind = CutKind::single) {
  for (const Rejection& rejection : find_cuts(graph, kind).rejected) {
    if (rejection.layer == layer) return rejection.reason;
  }
  FAIL("there is a cut after layer " << layer);
  return {};
}

// What the definitions say, without looking for speed.
struct Oracle {
  const ModelGraph& graph;

  bool is_made(int value, int layer) const {
    for (int earlier = 0; earlier <= layer; ++earlier) {
      const Values& outputs = graph.layers[earlier].outputs;
      if (std::count(outputs.begin(), outputs.end(), value) > 0) return true;
    }
    return false;
  }

  int readers_after(int value, int layer) const {
    int readers = std::count(graph.outputs.begin(), graph.outputs.end(), value) > 0 ? 1 : 0;
    for (std::size_t later = layer + 1; later < graph.layers.size(); ++later) {
      const Values& inputs = graph.layers[later].inputs;
      readers += std::count(inputs.begin(), inputs.end(), value) > 0 ? 1 : 0;
    }
    return readers;
  }

  Values alive(int layer) const {
    Values values;
    for (int value = 0; value < static_cast<int>(graph.values.size()); ++value) {
      if (is_made(value, layer) && readers_after(value, layer) > 0) values.push_back(value);
    }
    return values;
  }

  Values alive(int layer, ValueKind kind) const {
    Values values = alive(layer);
    std::erase_if(values, [&](int value) { return graph.values[value].kind != kind; });
    return values;
  }

  bool shows(int view, int value) const {
    while (view >= 0 && view != value) view = graph.values[view].view_of;
    return view == value;
  }

  int origin(int value) const {
    while (graph.values[value].view_of >= 0) value = graph.values[value].view_of;
    return value;
  }

  // Bytes when views of what is alive are left out, and an origin stands for its views where that
  // is less.
  std::int64_t bytes_at_most(int layer) const {
    const Values tensors = alive(layer, ValueKind::tensor);
    std::int64_t sum = 0;
    for (int source : origins(tensors)) {
      std::int64_t apart = 0;
      for (int value : tensors) {
        if (origin(value) != source) continue;
        const bool is_rebuilt = std::any_of(tensors.begin(), tensors.end(), [&](int other) {
          return other != value && shows(value, other);
        });
        if (!is_rebuilt) apart += graph.values[value].bytes;
      }
      sum += std::min(apart, graph.values[source].bytes);
    }
    return sum;
  }

  std::set<int> origins(const Values& values) const {
    std::set<int> origins;
    for (int value : values) origins.insert(origin(value));
    return origins;
  }

  bool is_original_cut(int layer) const {
    const Values tensors = alive(layer, ValueKind::tensor);
    return layer > 0 && alive(layer, ValueKind::opaque).empty() && tensors.size() == 1 &&
           readers_after(tensors.front(), layer) == 1;
  }
};

}  // namespace

TEST_CASE("a cut has the range of what crosses it and depends on data") {
  ModelGraph graph = residual();
  graph.values[1].bytes_seen = ByteRange{4, 12};
  CHECK(cut_after(graph, 1).bytes_seen == ByteRange{4, 12});
  CHECK(cut_after(graph, 2).bytes_seen == ByteRange{4 + 12, 12 + 12});
  CHECK(!cut_after(graph, 4).bytes_seen);
  const CutList cuts = find_cuts(graph, CutKind::single);
  CHECK(blocks_between(graph, cuts.cuts).at(1).bytes_seen == ByteRange{4, 12});
  graph.outputs = {5, 1};
  CHECK(cut_after(graph, 5).bytes_seen == ByteRange{4 + 24, 12 + 24});
}

TEST_CASE("a chain may be cut after every layer") {
  CHECK(cut_layers(chain(), CutKind::single) == Layers{0, 1, 2, 3});
  CHECK(cut_layers(chain(), CutKind::frontier) == Layers{0, 1, 2, 3});
  CHECK(cut_layers(chain(), CutKind::original) == Layers{1, 2, 3});
}

// input ──▶ 1 ──┬──▶ 2 ──▶ 3 ──▶ 4 (add) ──▶ 5
//               └────────────────▲
TEST_CASE("inside a residual branch two tensors cross") {
  const ModelGraph graph = residual();
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 4, 5});
  CHECK(cut_layers(graph, CutKind::frontier) == Layers{0, 1, 2, 3, 4, 5});
  CHECK(cut_after(graph, 2).crossing == Values{1, 2});
  CHECK(cut_after(graph, 2).bytes == 8 + 12);
  CHECK(reason_after(graph, 2) == "2 tensors cross: 'v1' and 'v2'");
}

TEST_CASE("the original does not cut where a branch begins, nor after the input") {
  const ModelGraph graph = residual();
  CHECK(cut_layers(graph, CutKind::original) == Layers{4, 5});
  CHECK(reason_after(graph, 1, CutKind::original) == "'v1' has 2 readers");
  CHECK(reason_after(graph, 0, CutKind::original) ==
        "layer 0 is the input; the original tool does not cut after it");
}

// Two residual units with the activation after the addition, as in ResNet:
//
//     0 ── 1 relu ──┬── 2 conv ── 3 add ── 4 relu ──┬── 5 conv ── 6 add ── 7 relu ── 8 dense
//                   └─────────────┘                 └─────────────┘
TEST_CASE("the original cuts between addition and activation, ours after both") {
  const ModelGraph graph = graph_of({{}, {0}, {1}, {2, 1}, {3}, {4}, {5, 4}, {6}, {7}});
  CHECK(cut_layers(graph, CutKind::original) == Layers{3, 6, 7, 8});
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 3, 4, 6, 7, 8});
}

// As Keras numbers it: padding, convolution, normalisation, activation, padding and pooling; 16
// units of ten layers or, where the shortcut has a convolution, twelve; pooling, dense.
TEST_CASE("the original cuts ResNet50's graph into its published 24 blocks") {
  std::vector<std::vector<int>> inputs{{}};
  const auto add = [&](std::vector<int> reads) {
    inputs.push_back(std::move(reads));
    return static_cast<int>(inputs.size()) - 1;
  };
  const auto steps = [&](int count, int from) {
    for (; count > 0; --count) from = add({from});
    return from;
  };
  int unit = steps(6, 0);
  for (int number = 0; number < 16; ++number) {
    const bool has_projection = number == 0 || number == 3 || number == 7 || number == 13;
    const int shortcut = has_projection ? steps(2, unit) : unit;
    unit = add({add({shortcut, steps(8, unit)})});
  }
  steps(2, unit);
  CHECK(inputs.size() == 177);
  CHECK(cut_layers(graph_of(inputs), CutKind::original).size() == 24);
}

TEST_CASE("a layer that reads a tensor twice is one reader") {
  const ModelGraph graph = graph_of({{}, {0}, {1, 1}, {2}});
  CHECK(cut_layers(graph, CutKind::original) == Layers{1, 2, 3});
}

TEST_CASE("the model's caller is a reader") {
  ModelGraph graph = chain();
  graph.outputs = {2, 3};
  CHECK(cut_layers(graph, CutKind::original) == Layers{1, 3});
  CHECK(reason_after(graph, 2, CutKind::original) == "'v2' has 2 readers");
}

TEST_CASE("both values of a residual branch are alive inside it") {
  const ModelGraph graph = residual();
  CHECK(alive_after(graph, 0) == Values{0});
  CHECK(alive_after(graph, 1) == Values{1});
  CHECK(alive_after(graph, 2) == Values{1, 2});
  CHECK(alive_after(graph, 3) == Values{1, 3});
  CHECK(alive_after(graph, 4) == Values{4});
  CHECK(alive_after(graph, 5) == Values{5});
}

// input ──▶ 1 ──▶ 2 ──▶ 3 (a number) ──▶ 4 ──▶ 5
TEST_CASE("a number from data that crosses forbids a cut of any kind") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {2}, {3}, {4}});
  graph.values[3].kind = ValueKind::opaque;
  graph.values[3].opaque_reason = "a number computed from data";
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 2, 4, 5});
  CHECK(cut_layers(graph, CutKind::frontier) == Layers{0, 1, 2, 4, 5});
  CHECK(cut_layers(graph, CutKind::original) == Layers{1, 2, 4, 5});
  CHECK(reason_after(graph, 3) == "'v3' cannot cross: a number computed from data");
}

// input ──▶ 1 (number) ───────▼
//   └─────▶ 2 ──▶ 3 ──▶ 4 (reshape) ──▶ 5
TEST_CASE("a number beside a tensor forbids a cut, unless the input's shape fixes it") {
  ModelGraph graph = graph_of({{}, {0}, {0}, {2}, {3, 1}, {4}});
  graph.values[1].kind = ValueKind::opaque;
  CHECK(cut_layers(graph, CutKind::frontier) == Layers{0, 4, 5});
  graph.values[1].kind = ValueKind::fixed;
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 2, 3, 4, 5});
  CHECK(cut_after(graph, 2).crossing == Values{2});
  CHECK(cut_after(graph, 2).bytes == 12);
}

// input ──▶ 1 (number) ──▶ 2
TEST_CASE("where only fixed values cross there is nothing to send and no cut") {
  ModelGraph graph = graph_of({{}, {0}, {1}});
  graph.values[1].kind = ValueKind::fixed;
  for (CutKind kind : all_kinds) {
    CHECK(cut_layers(graph, kind).back() == 2);
    CHECK(reason_after(graph, 1, kind) == "no tensor crosses");
  }
}

// input ──▶ 1 ──▶ 2 (reshape of 1) ──▶ 3
//           └──────────────────────────▲
TEST_CASE("a view crosses with what it is a view of") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {2, 1}});
  graph.values[2].view_of = 1;
  CHECK(alive_after(graph, 2) == Values{1, 2});
  CHECK(cut_after(graph, 2, CutKind::single).crossing == Values{1});
  CHECK(cut_after(graph, 2, CutKind::single).bytes == 8);
  CHECK(reason_after(graph, 2, CutKind::original) == "2 tensors cross: 'v1' and 'v2'");
}

// input ──▶ 1 ──┬──▶ 2 (half of 1) ──┬──▶ 4
//               └──▶ 3 (half of 1) ──┘
TEST_CASE("two views cross by themselves, or as their source where that is smaller") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {1}, {2, 3}});
  graph.values[2].view_of = graph.values[3].view_of = 1;
  for (auto [bytes, crossing] : {std::pair(4, Values{2, 3}), {5, Values{1}}}) {
    graph.values[2].bytes = graph.values[3].bytes = bytes;
    CHECK(cut_after(graph, 3).crossing == crossing);
    CHECK(cut_after(graph, 3).bytes == 8);
  }
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 2, 3, 4});
}

// input ──▶ 1 ──▶ 2 (small slice of 1) ──┬──▶ 3 (2 repeated) ──┬──▶ 5
//                                        └──▶ 4 (2 repeated) ──┘
TEST_CASE("the nearest common source crosses where the whole memory is larger") {
  ModelGraph graph = graph_of({{}, {0}, {1}, {2}, {2}, {3, 4}});
  graph.values[1].bytes = 1000;
  graph.values[2] = {"slice", ValueKind::tensor, "float32", {1}, 4, 1, ""};
  graph.values[3].view_of = graph.values[4].view_of = 2;
  CHECK(cut_after(graph, 3).crossing == Values{2});
  CHECK(cut_after(graph, 4).crossing == Values{2});
  CHECK(cut_after(graph, 4).bytes == 4);
}

TEST_CASE("three tensors are named and the others counted") {
  const ModelGraph graph = graph_of({{}, {0}, {0}, {0}, {0}, {1, 2, 3, 4}});
  CHECK(reason_after(graph, 2) == "3 tensors cross: 'v0', 'v1' and 'v2'");
  CHECK(reason_after(graph, 3) == "4 tensors cross: 'v0', 'v1', 'v2' and 1 more");
}

// input ──▶ 1 ──┬──▶ 2    (nobody reads 2)
//               └──▶ 3
TEST_CASE("an unused value is not alive") {
  const ModelGraph graph = graph_of({{}, {0}, {1}, {1}});
  CHECK(alive_after(graph, 2) == Values{1});
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 2, 3});
}

TEST_CASE("a value that the caller needs stays alive to the end") {
  ModelGraph graph = chain();
  graph.outputs = {3, 1, 1};
  CHECK(alive_after(graph, 2) == Values{1, 2});
  CHECK(cut_layers(graph, CutKind::single) == Layers{0, 1, 3});
  CHECK(cut_after(graph, 3).crossing == Values{1, 3});
  CHECK(cut_after(graph, 3).bytes == 8 + 16);
}

TEST_CASE("outputs that show the same memory count once") {
  ModelGraph graph = chain();
  graph.outputs = {2, 3};
  graph.values[3].view_of = 2;
  CHECK(cut_after(graph, 3).crossing == Values{2, 3});
  CHECK(cut_after(graph, 3).bytes == 12);
}

TEST_CASE("a graph that is not in topological order is refused") {
  CHECK_ERROR(find_cuts(graph_of({{}, {2}, {0}, {2}}), CutKind::single),
              ErrorCode::invalid_argument,
              "model small, layer 1 (layer1): reads 'v2' before a layer produces it");
  CHECK_ERROR(alive_after(graph_of({{}, {1}}), 0), ErrorCode::invalid_argument, "before a layer");

  ModelGraph graph = chain();
  graph.layers[1].after = {2};
  CHECK_ERROR(find_cuts(graph, CutKind::single), ErrorCode::invalid_argument,
              "comes before layer 2, but must run after it");
}

TEST_CASE("a value is made once, and a view after what it shows") {
  ModelGraph twice = chain();
  twice.layers[2].outputs = {1};
  CHECK_ERROR(find_cuts(twice, CutKind::single), ErrorCode::invalid_argument,
              "produces 'v1', which layer 1 already produces");

  for (int source : {1, 2}) {
    ModelGraph early = chain();
    early.values[1].view_of = source;
    CHECK_ERROR(find_cuts(early, CutKind::single), ErrorCode::invalid_argument,
                "produces 'v1', a view of 'v" + std::to_string(source) + "', before");
  }
}

TEST_CASE("blocks reach from cut to cut and end with the bytes that cross") {
  const ModelGraph graph = residual();
  const std::vector<Block> expected{{0, 0, 4}, {1, 1, 8}, {2, 4, 20}, {5, 5, 24}};
  CHECK(blocks_between(graph, find_cuts(graph, CutKind::single).cuts) == expected);
}

TEST_CASE("a block that ends inside a branch sends every value alive there") {
  const ModelGraph graph = residual();
  const std::vector<Block> expected{{0, 2, 8 + 12}, {3, 5, 24}};
  CHECK(blocks_between(graph, select_cuts(find_cuts(graph, CutKind::frontier), {2})) == expected);
}

TEST_CASE("cuts that do not ascend or do not end with the last layer are refused") {
  const ModelGraph graph = chain();
  for (const Layers& layers :
       {Layers{}, Layers{0, 2}, Layers{2, 1, 3}, Layers{1, 1, 3}, Layers{-1, 3}, Layers{3, 4}}) {
    std::vector<Cut> cuts;
    for (int layer : layers) cuts.push_back({layer, {}, 0});
    CHECK_ERROR(blocks_between(graph, cuts), ErrorCode::invalid_argument,
                "cuts must ascend and end with the last layer, 3");
  }
}

TEST_CASE("selected cuts are those asked for, in order and once, and the last one") {
  const CutList cuts = find_cuts(residual(), CutKind::single);
  for (const Layers& asked : {Layers{4, 1}, Layers{1, 4, 1}, Layers{1, 4, 5}}) {
    Layers layers;
    for (const Cut& cut : select_cuts(cuts, asked)) layers.push_back(cut.layer);
    CHECK(layers == Layers{1, 4, 5});
  }
  CHECK(select_cuts(cuts, {}).size() == 1);
}

TEST_CASE("where there is no cut the nearest ones are named") {
  const CutList cuts = find_cuts(residual(), CutKind::single);
  CHECK_ERROR(select_cuts(cuts, {2}), ErrorCode::invalid_argument,
              "no cut after layer 2; the nearest are after 1 and 4");
  CHECK_ERROR(select_cuts(cuts, {99}), ErrorCode::invalid_argument,
              "no cut after layer 99; the nearest is after 5");
  CHECK_ERROR(select_cuts(find_cuts(residual(), CutKind::original), {0}),
              ErrorCode::invalid_argument, "no cut after layer 0; the nearest is after 4");
  CHECK_ERROR(select_cuts({}, {2}), ErrorCode::invalid_argument, "there are no cuts");
}

TEST_CASE("the kinds of cuts have names") {
  for (CutKind kind : all_kinds) CHECK(parse_cut_kind(to_string(kind)) == kind);
  CHECK(to_string(CutKind::frontier) == "frontier");
  CHECK_ERROR(parse_cut_kind("double"), ErrorCode::invalid_argument,
              "unknown kind of cut 'double'; choose from: single, frontier, original");
}

TEST_CASE("random models: the values alive are those with a later reader") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const ModelGraph graph = testing::random_graph(random);
    const Oracle oracle{graph};
    for (int layer = 0; layer < static_cast<int>(graph.layers.size()); ++layer) {
      REQUIRE(alive_after(graph, layer) == oracle.alive(layer));
    }
  }
}

TEST_CASE("random models: every place is a cut or refused for a reason") {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    const ModelGraph graph = testing::random_graph(random);
    for (CutKind kind : all_kinds) {
      const CutList list = find_cuts(graph, kind);
      std::set<int> places;
      for (const Cut& cut : list.cuts) places.insert(cut.layer);
      for (const Rejection& rejection : list.rejected) {
        places.insert(rejection.layer);
        REQUIRE(!rejection.reason.empty());
      }
      REQUIRE(places.size() == graph.layers.size());
      REQUIRE(list.cuts.size() + list.rejected.size() == graph.layers.size());
      REQUIRE(list.cuts.back().layer == static_cast<int>(graph.layers.size()) - 1);
      REQUIRE(std::is_sorted(list.rejected.begin(), list.rejected.end(),
                             [](const auto& a, const auto& b) { return a.layer < b.layer; }));
    }
  }
}

TEST_CASE("random models: the kinds cut where their definitions say") {
  std::mt19937 random(3);
  int single_count = 0;
  for (int round = 0; round < 300; ++round) {
    const ModelGraph graph = testing::random_graph(random);
    const Oracle oracle{graph};
    const int last = static_cast<int>(graph.layers.size()) - 1;
    Layers single{};
    Layers frontier{};
    Layers original{};
    for (int layer = 0; layer < last; ++layer) {
      const bool is_possible = oracle.alive(layer, ValueKind::opaque).empty() &&
                               !oracle.alive(layer, ValueKind::tensor).empty();
      if (is_possible) frontier.push_back(layer);
      if (is_possible && cut_after(graph, layer).crossing.size() == 1) single.push_back(layer);
      if (oracle.is_original_cut(layer)) original.push_back(layer);
    }
    for (Layers* layers : {&single, &frontier, &original}) layers->push_back(last);
    single_count += static_cast<int>(single.size());
    REQUIRE(cut_layers(graph, CutKind::single) == single);
    REQUIRE(cut_layers(graph, CutKind::frontier) == frontier);
    REQUIRE(cut_layers(graph, CutKind::original) == original);
  }
  CHECK(single_count > 600);
}

TEST_CASE("random models: what crosses gives the reader all that it needs, and no more") {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    testing::GraphShape shape;
    shape.view = round % 2 == 0 ? 0.25 : 0.7;
    const ModelGraph graph = testing::random_graph(random, shape);
    const Oracle oracle{graph};
    for (const Cut& cut : find_cuts(graph, CutKind::frontier).cuts) {
      if (cut.layer + 1 == static_cast<int>(graph.layers.size())) continue;
      const Values needed = oracle.alive(cut.layer, ValueKind::tensor);
      std::int64_t bytes = 0;
      REQUIRE(std::is_sorted(cut.crossing.begin(), cut.crossing.end()));
      for (int sent : cut.crossing) {
        bytes += graph.values[sent].bytes;
        REQUIRE(oracle.is_made(sent, cut.layer));
        const auto serves = [&](int value) { return oracle.shows(value, sent); };
        REQUIRE(std::any_of(needed.begin(), needed.end(), serves));
      }
      for (int value : needed) {
        const auto gives = [&](int sent) { return oracle.shows(value, sent); };
        REQUIRE(std::count_if(cut.crossing.begin(), cut.crossing.end(), gives) == 1);
      }
      REQUIRE(cut.bytes == bytes);
      REQUIRE(cut.bytes <= oracle.bytes_at_most(cut.layer));
    }
  }
}

TEST_CASE("random models without views send exactly what is alive") {
  std::mt19937 random(5);
  testing::GraphShape shape;
  shape.view = 0;
  for (int round = 0; round < 200; ++round) {
    const ModelGraph graph = testing::random_graph(random, shape);
    for (const Cut& cut : find_cuts(graph, CutKind::frontier).cuts) {
      if (cut.layer + 1 == static_cast<int>(graph.layers.size())) continue;
      REQUIRE(cut.crossing == Oracle{graph}.alive(cut.layer, ValueKind::tensor));
    }
  }
}
