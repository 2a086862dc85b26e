// A model in Graphviz' language: nodes for layers or blocks, boxes for blocks, lines for values.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "report/dot_text.hpp"
#include "report/layer_kind.hpp"
#include "report/picture_edges.hpp"
#include "report/picture_labels.hpp"
#include "report/picture_legend.hpp"
#include "report/picture_lines.hpp"
#include "report/picture_plan.hpp"
#include "scission/report/pictures.hpp"

namespace scission {
namespace {

const NodeColours paper = {"#FFFFFF", "#37424D"};  // input, output
const NodeColours several_layers = {"#F4F6F8", "#7A858F"};

constexpr std::string_view style = R"(  rankdir=TB; labelloc=t; bgcolor="#FFFFFF"; pad=0.3
  fontname="sans-serif"; fontsize=12; fontcolor="#1F2933"
  ranksep=0.3; nodesep=0.25
  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=12,
        fontcolor="#1F2933", margin="0.12,0.06", height=0.4, penwidth=1.2]
  edge [fontname="sans-serif", fontsize=10, fontcolor="#1F2933", color="#616E7C",
        arrowsize=0.7]
)";

/// Layout time grows with nodes times ranks; from here on beauty gives way.
constexpr std::size_t many_nodes = 400;
constexpr std::string_view faster = "  splines=polyline; nslimit=1; nslimit1=1; mclimit=0.5\n";

class Drawing {
 public:
  Drawing(const ModelGraph& graph, const std::vector<Cut>& cuts, const PictureOptions& options)
      : graph_(graph),
        cuts_(cuts),
        blocks_(blocks_between(graph, cuts)),
        plan_(graph, cuts, options.placements),
        collapsed_(options.collapse_blocks),
        edges_(picture_edges(graph, cuts)) {}

  std::string text() const {
    std::string dot = fmt::format("digraph {} {{\n{}", dot_quote(graph_.name), style);
    if (is_large()) dot += faster;
    dot += fmt::format("  label={}\n", title_label(graph_, blocks_, legend()));
    return dot + (collapsed_ ? block_nodes() : layer_nodes()) + output_node() + lines() + "}\n";
  }

 private:
  bool is_large() const {
    return (collapsed_ ? blocks_.size() : graph_.layers.size()) > many_nodes;
  }

  NodeColours layer_colours(int layer) const {
    if (!plan_.is_empty()) return PicturePlan::colours(plan_.system_of(layer));
    return layer == 0 ? paper : colours_of(kind_of(graph_.layers.at(layer).type));
  }

  static std::string node(std::string_view id, const std::string& label, const NodeColours& colours,
                          std::string_view tooltip) {
    return fmt::format("  {} [label={}, fillcolor=\"{}\", color=\"{}\", tooltip={}]\n", id, label,
                       colours.fill, colours.frame, dot_quote(tooltip));
  }

  std::string layer_node(std::string_view id, int layer, const std::vector<bool>& is_sent) const {
    return node(id, layer_label(graph_, layer, is_sent), layer_colours(layer),
                fmt::format("layer {}: {}", layer, graph_.layers[layer].name));
  }

  /// Which values cross a cut, but for the caller's.
  std::vector<bool> sent_values() const {
    std::vector<bool> is_sent(graph_.values.size(), false);
    for (std::size_t i = 0; i + 1 < cuts_.size(); ++i) {
      for (const int value : cuts_[i].crossing) is_sent.at(value) = true;
    }
    return is_sent;
  }

  std::string layer_nodes() const {
    const std::vector<bool> is_sent = sent_values();
    std::string nodes;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      std::string inside;
      for (int layer = blocks_[i].first_layer; layer <= blocks_[i].last_layer; ++layer) {
        inside += layer_node(fmt::format("layer{}", layer), layer, is_sent);
      }
      nodes += blocks_[i].first_layer == blocks_[i].last_layer ? inside : box(i, inside);
    }
    return nodes;
  }

  std::string box(std::size_t block, const std::string& inside) const {
    return fmt::format(
        "  subgraph {} {{\n  label=\"layers {}\"; labeljust=l; fontsize=10\n"
        "  style=rounded; color=\"#9AA5B1\"; bgcolor=\"#F8F9FA\"; fontcolor=\"#52606D\"\n{}  }}\n",
        box_name(block), layer_range(blocks_[block].first_layer, blocks_[block].last_layer),
        inside);
  }

  std::string block_nodes() const {
    const std::vector<bool> is_sent = sent_values();
    std::string nodes;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const Block& block = blocks_[i];
      const std::string id = fmt::format("block{}", i);
      if (block.first_layer == block.last_layer) {
        nodes += layer_node(id, block.first_layer, is_sent);
      } else {
        nodes += node(id, block_label(graph_, block, cuts_[i]),
                      plan_.is_empty() ? several_layers : layer_colours(block.first_layer),
                      first_and_last(block));
      }
    }
    return nodes;
  }

  std::string first_and_last(const Block& block) const {
    return graph_.layers[block.first_layer].name + " … " + graph_.layers[block.last_layer].name;
  }

  bool has_output() const {
    return std::any_of(edges_.begin(), edges_.end(),
                       [this](const PictureEdge& edge) { return is_caller(edge.to); });
  }

  std::string output_node() const {
    return has_output() ? node("output", output_label(graph_), paper, "output") : "";
  }

  bool is_caller(int layer) const { return layer >= static_cast<int>(graph_.layers.size()); }

  std::string id_of(int layer) const {
    if (is_caller(layer)) return "output";
    return collapsed_ ? fmt::format("block{}", block_of(cuts_, layer))
                      : fmt::format("layer{}", layer);
  }

  /// The name of the box that a layer's node stands in.
  std::string box_of(int layer) const {
    if (collapsed_ || is_caller(layer)) return {};
    const auto block = static_cast<std::size_t>(block_of(cuts_, layer));
    const bool has_box = blocks_[block].first_layer != blocks_[block].last_layer;
    return has_box ? box_name(block) : std::string();
  }

  static std::string box_name(std::size_t block) { return fmt::format("cluster_{}", block); }

  std::string lines() const {
    const PictureLayout layout{[this](int layer) { return id_of(layer); },
                               [this](int layer) { return box_of(layer); }, !is_large()};
    return picture_lines(graph_, collapsed_ ? block_edges(edges_, cuts_) : edges_, plan_, layout);
  }

  Legend legend() const {
    return plan_.is_empty() ? kinds_legend(graph_, blocks_, collapsed_) : systems_legend(plan_);
  }

  const ModelGraph& graph_;
  const std::vector<Cut>& cuts_;
  std::vector<Block> blocks_;
  PicturePlan plan_;
  bool collapsed_;
  std::vector<PictureEdge> edges_;
};

}  // namespace

std::string model_dot(const ModelGraph& graph, const std::vector<Cut>& cuts,
                      const PictureOptions& options) {
  return Drawing(graph, cuts, options).text();
}

}  // namespace scission
