#include "scission/model_graph.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "scission/error.hpp"

namespace scission {
namespace {

constexpr int never = -1;

// Where a value is made and last needed, as layer indices. What the model returns is needed by
// its caller, one past the last layer.
struct Lifetime {
  int made = never;
  int last_use = never;
};

std::vector<Lifetime> lifetimes(const ModelGraph& graph) {
  std::vector<Lifetime> lives(graph.values.size());
  const int layer_count = static_cast<int>(graph.layers.size());
  for (int index = 0; index < layer_count; ++index) {
    const Layer& layer = graph.layers[index];
    for (int value : layer.inputs) {
      if (lives.at(value).made == never || lives[value].made >= index) {
        throw Error(
            ErrorCode::invalid_argument,
            fmt::format("reads '{}' before any layer has made it", graph.values[value].name),
            fmt::format("model {}, layer {} ({})", graph.name, index, layer.name));
      }
      lives[value].last_use = index;
    }
    for (int value : layer.outputs) lives.at(value).made = index;
  }
  for (int value : graph.outputs) lives.at(value).last_use = layer_count;
  return lives;
}

}  // namespace

std::vector<int> alive_after(const ModelGraph& graph, int layer) {
  std::vector<int> alive;
  const std::vector<Lifetime> lives = lifetimes(graph);
  for (int value = 0; value < static_cast<int>(lives.size()); ++value) {
    const Lifetime& life = lives[value];
    if (life.made != never && life.made <= layer && life.last_use > layer) alive.push_back(value);
  }
  return alive;
}

std::vector<int> single_tensor_cuts(const ModelGraph& graph) {
  const std::vector<Lifetime> lives = lifetimes(graph);
  const std::size_t layer_count = graph.layers.size();
  // Difference arrays: how many values, and how many that cannot cross, are alive after a layer.
  std::vector<int> alive(layer_count + 1, 0);
  std::vector<int> bound(layer_count + 1, 0);
  for (std::size_t value = 0; value < lives.size(); ++value) {
    const Lifetime& life = lives[value];
    if (life.made == never || life.last_use <= life.made) continue;
    const int weight = graph.values[value].is_tensor ? 0 : 1;
    alive[life.made] += 1;
    alive[life.last_use] -= 1;
    bound[life.made] += weight;
    bound[life.last_use] -= weight;
  }
  std::partial_sum(alive.begin(), alive.end(), alive.begin());
  std::partial_sum(bound.begin(), bound.end(), bound.begin());

  std::vector<int> cuts;
  for (std::size_t layer = 0; layer < layer_count; ++layer) {
    const bool last = layer + 1 == layer_count;
    if (last || (alive[layer] == 1 && bound[layer] == 0)) cuts.push_back(static_cast<int>(layer));
  }
  return cuts;
}

std::vector<Block> blocks_between(const ModelGraph& graph, const std::vector<int>& cuts) {
  const int last_layer = static_cast<int>(graph.layers.size()) - 1;
  if (cuts.empty() || cuts.back() != last_layer ||
      std::adjacent_find(cuts.begin(), cuts.end(), std::greater_equal<>()) != cuts.end()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("cuts must ascend and end with the last layer, {}", last_layer),
                "model " + graph.name);
  }
  const std::vector<Lifetime> lives = lifetimes(graph);
  std::vector<Block> blocks;
  blocks.reserve(cuts.size());
  int first = 0;
  for (int cut : cuts) {
    blocks.push_back({first, cut, 0});
    first = cut + 1;
  }
  // Each value is sent at the end of every block that it outlives.
  for (std::size_t value = 0; value < lives.size(); ++value) {
    const Lifetime& life = lives[value];
    if (life.made == never) continue;
    auto cut = std::lower_bound(cuts.begin(), cuts.end(), life.made);
    for (; cut != cuts.end() && *cut < life.last_use; ++cut) {
      blocks[cut - cuts.begin()].output_bytes += graph.values[value].bytes;
    }
  }
  return blocks;
}

std::string layer_types(const ModelGraph& graph, const Block& block) {
  std::string types;
  for (int layer = block.first_layer; layer <= block.last_layer; ++layer) {
    if (!types.empty()) types += ' ';
    types += graph.layers.at(layer).type;
  }
  return types;
}

std::int64_t parameters(const ModelGraph& graph, const Block& block) {
  std::int64_t sum = 0;
  for (int layer = block.first_layer; layer <= block.last_layer; ++layer) {
    sum += graph.layers.at(layer).parameters;
  }
  return sum;
}

std::int64_t parameters(const ModelGraph& graph) {
  return parameters(graph, {0, static_cast<int>(graph.layers.size()) - 1, 0});
}

}  // namespace scission
