#include "scission/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/require.hpp"
#include "model/liveness_and_views.hpp"
#include "scission/base.hpp"

namespace scission {
namespace {

constexpr std::array<std::string_view, 2> order_names{"file", "compact"};

// For every layer the bytes of earlier layers that it or a later layer needs.
std::vector<std::int64_t> bytes_held(const ModelGraph& graph) {
  const std::vector<Lifetime> memories = memory_lifetimes(lifetimes(graph), memory_roots(graph));
  const int layer_count = static_cast<int>(graph.layers.size());
  std::vector<std::int64_t> held(layer_count + 1, 0);
  for (std::size_t value = 0; value < memories.size(); ++value) {
    const Lifetime& memory = memories[value];
    if (memory.last_use <= memory.made) continue;
    held[memory.made + 1] += memory_bytes(graph.values[value]);
    const int end = std::min(memory.last_use + 1, layer_count);
    held[end] -= memory_bytes(graph.values[value]);
  }
  for (int layer = 1; layer < layer_count; ++layer) held[layer] += held[layer - 1];
  held.resize(layer_count);
  return held;
}

std::int64_t activation_bytes(const ModelGraph& graph, const Layer& layer) {
  std::int64_t sum = 0;
  for (int index : layer.outputs) {
    const Value& value = graph.values.at(index);
    if (value.kind == ValueKind::tensor && value.view_of < 0) sum += value.bytes;
  }
  return sum;
}

void add(const LayerStatistics& layer, LayerStatistics& sum) {
  sum.parameters += layer.parameters;
  sum.weight_bytes += layer.weight_bytes;
  sum.flops += layer.flops;
  sum.macs += layer.macs;
  sum.activation_bytes += layer.activation_bytes;
  sum.peak_activation_bytes = std::max(sum.peak_activation_bytes, layer.peak_activation_bytes);
}

constexpr std::array<std::string_view, 3> granularity_names{"op", "layer", "block"};

}  // namespace

std::string format_bytes(const ByteRange& seen) {
  const std::string largest = format_bytes(static_cast<double>(seen.largest));
  if (seen.smallest == seen.largest) return largest + ", may depend on the data";
  std::string smallest = format_bytes(static_cast<double>(seen.smallest));
  const std::string unit = largest.substr(largest.rfind(' '));
  if (smallest.ends_with(unit)) smallest.resize(smallest.size() - unit.size());
  return fmt::format("{}–{}, depends on the data", smallest, largest);
}

std::string layer_range(int first_layer, int last_layer) {
  return first_layer == last_layer ? fmt::to_string(first_layer)
                                   : fmt::format("{}-{}", first_layer, last_layer);
}

std::string to_string(LayerOrder order) {
  return std::string(order_names.at(static_cast<std::size_t>(order)));
}

LayerOrder parse_layer_order(std::string_view text) {
  return parse_enum<LayerOrder>(order_names, text, "order of layers");
}

std::vector<LayerStatistics> layer_statistics(const ModelGraph& graph) {
  const std::vector<std::int64_t> held = bytes_held(graph);
  std::vector<LayerStatistics> all;
  all.reserve(graph.layers.size());
  for (std::size_t index = 0; index < graph.layers.size(); ++index) {
    const Layer& layer = graph.layers[index];
    all.push_back({layer.parameters, layer.weight_bytes, layer.flops, layer.macs,
                   activation_bytes(graph, layer), held[index] + layer.working_bytes});
  }
  return all;
}

std::vector<LayerStatistics> block_statistics(const ModelGraph& graph,
                                              const std::vector<Block>& blocks) {
  const std::vector<LayerStatistics> layers = layer_statistics(graph);
  std::vector<LayerStatistics> sums(blocks.size());
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    for (int layer = blocks[block].first_layer; layer <= blocks[block].last_layer; ++layer) {
      add(layers.at(layer), sums[block]);
    }
  }
  return sums;
}

LayerStatistics model_statistics(const ModelGraph& graph) {
  return block_statistics(graph, {{0, static_cast<int>(graph.layers.size()) - 1, 0}}).front();
}

std::string layer_types(const ModelGraph& graph, const Block& block) {
  std::string types;
  for (int layer = block.first_layer; layer <= block.last_layer; ++layer) {
    if (!types.empty()) types += ' ';
    types += graph.layers.at(layer).type;
  }
  return types;
}

std::string to_string(Granularity granularity) {
  return std::string(granularity_names.at(static_cast<std::size_t>(granularity)));
}

Granularity parse_granularity(std::string_view text) {
  return parse_enum<Granularity>(granularity_names, text, "granularity");
}

}  // namespace scission
