#include "report/model_picture.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace scission {
namespace {

/// Each index once, in the given order.
std::vector<int> distinct(const std::vector<int>& indices) {
  std::vector<int> once;
  std::set<int> seen;
  for (const int index : indices) {
    if (seen.insert(index).second) once.push_back(index);
  }
  return once;
}

/// The layer that computes each value; −1 if there is none.
std::vector<int> producers(const ModelGraph& graph) {
  std::vector<int> made(graph.values.size(), -1);
  for (std::size_t layer = 0; layer < graph.layers.size(); ++layer) {
    for (const int value : graph.layers[layer].outputs) made.at(value) = static_cast<int>(layer);
  }
  return made;
}

std::vector<PictureEdge> all_edges(const ModelGraph& graph) {
  const std::vector<int> made = producers(graph);
  std::vector<PictureEdge> edges;
  const auto add = [&](const std::vector<int>& values, std::size_t reader) {
    for (const int value : distinct(values)) {
      const bool is_drawn = graph.values.at(value).kind != ValueKind::fixed && made[value] >= 0;
      if (is_drawn) edges.push_back({made[value], static_cast<int>(reader), value, {}});
    }
  };
  for (std::size_t i = 0; i < graph.layers.size(); ++i) add(graph.layers[i].inputs, i);
  add(graph.outputs, graph.layers.size());
  return edges;
}

/// Removes edges of opaque values that are parallel to one of a tensor: in-place operations have
/// both.
std::vector<PictureEdge> without_parallel(const ModelGraph& graph, std::vector<PictureEdge> edges) {
  const auto is_opaque = [&graph](const PictureEdge& edge) {
    return graph.values[edge.value].kind == ValueKind::opaque;
  };
  std::set<std::pair<int, int>> linked;
  for (const PictureEdge& edge : edges) {
    if (!is_opaque(edge)) linked.emplace(edge.from, edge.to);
  }
  std::erase_if(edges, [&](const PictureEdge& edge) {
    return is_opaque(edge) && linked.count({edge.from, edge.to}) > 0;
  });
  return edges;
}

int owner_of_memory(const ModelGraph& graph, int value) {
  while (graph.values.at(value).view_of >= 0) value = graph.values[value].view_of;
  return value;
}

/// The value that is sent so that `value` is available after the cut: itself or another view of its
/// memory; −1 if nothing is sent.
int sent_for(const ModelGraph& graph, const Cut& cut, int value) {
  if (std::binary_search(cut.crossing.begin(), cut.crossing.end(), value)) return value;
  const int owner = owner_of_memory(graph, value);
  const auto found = std::find_if(cut.crossing.begin(), cut.crossing.end(), [&](int crossing) {
    return owner_of_memory(graph, crossing) == owner;
  });
  return found == cut.crossing.end() ? -1 : *found;
}

}  // namespace

int block_of(const std::vector<Cut>& cuts, int layer) {
  const auto cut = std::lower_bound(cuts.begin(), cuts.end(), layer,
                                    [](const Cut& one, int at) { return one.layer < at; });
  return static_cast<int>(cut - cuts.begin());
}

std::vector<PictureEdge> picture_edges(const ModelGraph& graph, const std::vector<Cut>& cuts) {
  std::vector<PictureEdge> edges = without_parallel(graph, all_edges(graph));
  std::set<std::pair<int, int>> labelled;  // value sent and receiving block
  for (PictureEdge& edge : edges) {
    const int from = block_of(cuts, edge.from);
    const int to = block_of(cuts, edge.to);
    const int sent = from == to ? -1 : sent_for(graph, cuts.at(from), edge.value);
    if (sent < 0) continue;
    edge.value = sent;
    if (labelled.emplace(sent, to).second) edge.sent_bytes = graph.values[sent].bytes;
  }
  return edges;
}

std::vector<PictureEdge> block_edges(const std::vector<PictureEdge>& edges,
                                     const std::vector<Cut>& cuts) {
  std::vector<PictureEdge> between;
  std::set<std::pair<int, int>> seen;
  for (const PictureEdge& edge : edges) {
    const int to = block_of(cuts, edge.to);
    if (block_of(cuts, edge.from) == to || !seen.emplace(edge.value, to).second) continue;
    between.push_back(edge);
  }
  return between;
}

}  // namespace scission
