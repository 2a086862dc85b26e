#include "report/picture_lines.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

#include "scission/base/units.hpp"

namespace scission {
namespace {

constexpr std::size_t many_readers = 8;

std::string attributes(const ModelGraph& graph, const PictureEdge& edge, const PicturePlan& plan,
                       bool labels_have_ranks) {
  const int to_system = plan.system_of(edge.to);
  const bool changes_system = to_system >= 0 && plan.system_of(edge.from) != to_system;
  std::vector<std::string> list;
  if (edge.sent_bytes) {
    list.push_back(fmt::format("{}=\" {}\"", labels_have_ranks ? "label" : "xlabel",
                               format_bytes(static_cast<double>(*edge.sent_bytes))));
  }
  if (changes_system) list.push_back("penwidth=3.5, color=\"#1F2933\", fontsize=12");
  if (graph.values[edge.value].kind == ValueKind::opaque) list.push_back("style=dashed");
  return list.empty() ? "" : fmt::format(" [{}]", fmt::join(list, ", "));
}

std::string junction(const std::string& id, const std::string& box) {
  const std::string node =
      fmt::format("  {} [shape=point, width=0.04, height=0.04, label=\"\", tooltip=\"\"]\n", id);
  return box.empty() ? node : fmt::format("  subgraph {} {{\n{}  }}\n", box, node);
}

using Edges = std::vector<PictureEdge>;

/// Of one value: straight to each of a few readers, past all of many.
std::string lines_of(const ModelGraph& graph, const Edges& edges, const PicturePlan& plan,
                     const PictureLayout& layout) {
  std::string text;
  std::string at = layout.node(edges.front().from);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const PictureEdge& edge = edges[i];
    if (edges.size() > many_readers && i + 1 < edges.size()) {
      const std::string next = fmt::format("{}_value{}_{}", layout.node(edge.from), edge.value, i);
      text += junction(next, layout.box(edge.to));
      text += fmt::format("  {} -> {} [dir=none, weight=2]\n", at, next);
      at = next;
    }
    text += fmt::format("  {} -> {}{}\n", at, layout.node(edge.to),
                        attributes(graph, edge, plan, layout.labels_have_ranks));
  }
  return text;
}

}  // namespace

std::string picture_lines(const ModelGraph& graph, const Edges& edges, const PicturePlan& plan,
                          const PictureLayout& layout) {
  std::map<std::pair<int, int>, Edges> by_value;
  for (const PictureEdge& edge : edges) by_value[{edge.from, edge.value}].push_back(edge);
  std::string text;
  for (const auto& [value, its_edges] : by_value) {
    text += lines_of(graph, its_edges, plan, layout);
  }
  return text;
}

}  // namespace scission
