#include "torchscript/zoo/layer_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace scission::torchscript::zoo {
namespace {

/// When a depth-first walk from the last layer meets each layer; -1 for one that it misses.
std::vector<int> visit_ranks(const std::vector<LayerSpec>& layers) {
  std::vector<int> ranks(layers.size(), -1);
  std::vector<int> pending = {static_cast<int>(layers.size()) - 1};
  int next_rank = 0;
  while (!pending.empty()) {
    const int layer = pending.back();
    pending.pop_back();
    if (ranks[layer] != -1) continue;
    ranks[layer] = next_rank++;
    const std::vector<int>& inputs = layers[layer].inputs;
    pending.insert(pending.end(), inputs.rbegin(), inputs.rend());
  }
  return ranks;
}

/// The most steps from each layer to the last one.
std::vector<int> depths(const std::vector<LayerSpec>& layers) {
  std::vector<int> depth(layers.size(), 0);
  for (std::size_t layer = layers.size(); layer-- > 0;) {
    for (const int input : layers[layer].inputs) {
      depth[input] = std::max(depth[input], depth[layer] + 1);
    }
  }
  return depth;
}

}  // namespace

std::vector<LayerSpec> in_keras_order(std::vector<LayerSpec> layers) {
  const std::vector<int> depth = depths(layers);
  const std::vector<int> rank = visit_ranks(layers);
  std::vector<int> order(layers.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return std::tuple(-depth[a], rank[a]) < std::tuple(-depth[b], rank[b]);
  });

  std::vector<int> position(layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = static_cast<int>(i);
  std::vector<LayerSpec> ordered;
  ordered.reserve(layers.size());
  for (const int layer : order) {
    ordered.push_back(std::move(layers[layer]));
    for (int& input : ordered.back().inputs) input = position[input];
  }
  return ordered;
}

}  // namespace scission::torchscript::zoo
