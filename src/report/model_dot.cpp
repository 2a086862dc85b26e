// A model in Graphviz's language: nodes for layers or blocks, boxes for blocks, lines for values;
// and Graphviz, which draws it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/run_program.hpp"
#include "base/text.hpp"
#include "report/model_picture.hpp"
#include "scission/base.hpp"
#include "scission/report.hpp"

namespace scission {
namespace {

// --- Lines ---

/// Names of nodes. The number of layers stands for the caller of the model.
struct PictureLayout {
  std::function<std::string(int layer)> node;
  std::function<std::string(int layer)> box;  ///< the box around the node, or empty
  /// Labels with their own ranks overlap nothing; the layout takes a tenth of the time without.
  bool labels_have_ranks = true;
};

constexpr std::size_t max_direct_readers = 8;

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

/// The lines of one value: one to each of a few readers, or one along all of many.
std::string lines_of(const ModelGraph& graph, const Edges& edges, const PicturePlan& plan,
                     const PictureLayout& layout) {
  std::string text;
  std::string at = layout.node(edges.front().from);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const PictureEdge& edge = edges[i];
    if (edges.size() > max_direct_readers && i + 1 < edges.size()) {
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

/// Lines are labelled with the bytes sent, bold between systems, dashed if they cannot be sent.
///
/// A value with many readers is one line from which they branch off: the lines of a DenseNet, and
/// the time of their layout, would otherwise grow with the cube of its layers.
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

// --- Title and legend ---

/// A coloured patch and its text.
struct LegendEntry {
  NodeColours colours;
  std::string text;
};

struct Legend {
  std::vector<LegendEntry> entries;
  std::size_t columns = 1;
};

constexpr std::size_t max_title_letters = 80;

bool holds(const ModelGraph& graph, const Block& block, LayerKind kind) {
  for (int layer = std::max(block.first_layer, 1); layer <= block.last_layer; ++layer) {
    if (kind_of(graph.layers.at(layer).type) == kind) return true;
  }
  return false;
}

/// Cells as wide as the widest in their column: a table in a table would be stretched otherwise.
std::string legend_rows(const Legend& legend) {
  std::string rows;
  for (std::size_t i = 0; i < legend.entries.size(); ++i) {
    const LegendEntry& entry = legend.entries[i];
    if (i % legend.columns == 0) rows += i == 0 ? "<TR>" : "</TR><TR>";
    rows += fmt::format(
        "<TD BORDER=\"1\" STYLE=\"ROUNDED\" COLOR=\"{}\" BGCOLOR=\"{}\">"
        "<FONT POINT-SIZE=\"11\">{}</FONT></TD>",
        entry.colours.frame, entry.colours.fill, dot_html(entry.text));
  }
  return rows.empty() ? "" : rows + "</TR>";
}

/// The kinds of the layers that have a node. Layer 0, the input, has no kind.
Legend kinds_legend(const ModelGraph& graph, const std::vector<Block>& blocks, bool is_collapsed) {
  Legend legend{{}, 4};
  for (const LayerKind kind : all_layer_kinds) {
    const bool is_drawn = std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) {
      return (!is_collapsed || block.first_layer == block.last_layer) && holds(graph, block, kind);
    });
    if (is_drawn) legend.entries.push_back({colours_of(kind), std::string(to_string(kind))});
  }
  return legend;
}

/// "vm: layers 7-25" for each system.
Legend systems_legend(const PicturePlan& plan) {
  Legend legend;
  for (int system = 0; system < static_cast<int>(plan.systems().size()); ++system) {
    const std::string name = shortened(clean_text(plan.systems()[system]), max_title_letters);
    legend.entries.push_back({PicturePlan::colours(system), name + ": " + plan.layers_of(system)});
  }
  return legend;
}

/// The name of the model and its totals, with the legend below.
std::string title_label(const ModelGraph& graph, const std::vector<Block>& blocks,
                        const Legend& legend) {
  const Block whole{0, static_cast<int>(graph.layers.size()) - 1, 0};
  const std::string totals = fmt::format("{} layers in {} blocks · {}", graph.layers.size(),
                                         blocks.size(), work_text(graph, whole));
  std::string table = fmt::format(
      "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"3\">"
      "<TR><TD><FONT POINT-SIZE=\"20\"><B>{}</B></FONT></TD></TR><TR><TD>{}</TD></TR>",
      dot_html(shortened(clean_text(graph.name), max_title_letters)), dot_html(totals));
  if (!legend.entries.empty()) {
    table += fmt::format(
        "<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"4\" CELLPADDING=\"3\">{}"
        "</TABLE></TD></TR>",
        legend_rows(legend));
  }
  return table + "</TABLE>>";
}

// --- The picture ---

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

/// The time of the layout grows with nodes × ranks; larger pictures are laid out faster, not as
/// well.
constexpr std::size_t max_nicely_laid_out = 400;
constexpr std::string_view faster = "  splines=polyline; nslimit=1; nslimit1=1; mclimit=0.5\n";

class Drawing {
 public:
  Drawing(const ModelGraph& graph, const std::vector<Cut>& cuts, const PictureOptions& options)
      : graph_(graph),
        cuts_(cuts),
        blocks_(blocks_between(graph, cuts)),
        plan_(graph, cuts, options.placements),
        collapsed_(options.collapses_blocks || options.fold_repeats),
        edges_(picture_edges(graph, cuts)) {
    if (options.fold_repeats) units_ = folded_units(graph, cuts, plan_);
  }

  std::string text() const {
    std::string dot = fmt::format("digraph {} {{\n{}", dot_quote(graph_.name), style);
    if (is_large()) dot += faster;
    dot += fmt::format("  label={}\n", title_label(graph_, blocks_, legend()));
    return dot + nodes() + output_node() + lines() + "}\n";
  }

 private:
  bool is_large() const {
    if (!units_.empty()) return units_.size() > max_nicely_laid_out;
    return (collapsed_ ? blocks_.size() : graph_.layers.size()) > max_nicely_laid_out;
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

  /// Which values cross a cut, except the last one, before the caller.
  std::vector<bool> sent_values() const {
    std::vector<bool> is_sent(graph_.values.size(), false);
    for (std::size_t i = 0; i + 1 < cuts_.size(); ++i) {
      for (const int value : cuts_[i].crossing) is_sent.at(value) = true;
    }
    return is_sent;
  }

  std::string nodes() const {
    if (!units_.empty()) return unit_nodes();
    return collapsed_ ? block_nodes() : layer_nodes();
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

  std::string unit_nodes() const {
    const std::vector<bool> is_sent = sent_values();
    std::string nodes;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      const PictureUnit& unit = units_[i];
      const std::string id = fmt::format("unit{}", i);
      if (unit.first_layer == unit.last_layer) {
        nodes += layer_node(id, unit.first_layer, is_sent);
        continue;
      }
      const Block layers{unit.first_layer, unit.last_layer, 0};
      std::string text = node(id, unit_label(graph_, unit),
                              plan_.is_empty() ? several_layers : layer_colours(unit.first_layer),
                              first_and_last(layers));
      // A second frame, as of a pile.
      if (unit.count > 1) text.insert(text.rfind(']'), ", peripheries=2");
      nodes += text;
    }
    return nodes;
  }

  std::string first_and_last(const Block& block) const {
    return graph_.layers[block.first_layer].name + " … " + graph_.layers[block.last_layer].name;
  }

  /// The index of the node that shows the layer.
  int node_of(int layer) const {
    if (units_.empty()) return block_of(cuts_, layer);
    const auto unit =
        std::partition_point(units_.begin(), units_.end(),
                             [layer](const PictureUnit& one) { return one.last_layer < layer; });
    return static_cast<int>(unit - units_.begin());
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
    if (!collapsed_) return fmt::format("layer{}", layer);
    return fmt::format("{}{}", units_.empty() ? "block" : "unit", node_of(layer));
  }

  /// The name of the box around the node of a layer.
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
    if (!collapsed_) return picture_lines(graph_, edges_, plan_, layout);
    const Edges between = edges_between(edges_, [this](int layer) { return node_of(layer); });
    return picture_lines(graph_, between, plan_, layout);
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
  std::vector<PictureUnit> units_;  ///< empty unless repeats are folded
};

// --- Graphviz ---

constexpr std::array<std::string_view, 3> drawn_formats = {"svg", "png", "pdf"};

/// "svg" of "model.svg".
std::string format_of(const std::filesystem::path& path) {
  const std::string ending = path.extension().string();
  std::string format = ending.empty() ? "" : ending.substr(1);
  const bool is_known = format == "dot" || std::find(drawn_formats.begin(), drawn_formats.end(),
                                                     format) != drawn_formats.end();
  if (is_known) return format;
  throw Error(ErrorCode::invalid_argument,
              "the file name of a picture must end in .svg, .png, .pdf or .dot", path.string());
}

/// Graphviz's first error message, otherwise its first line. Its failed writes name a function of
/// its own: "gvwrite_no_z problem 7".
std::string error_line(const std::string& output) {
  if (output.find("gvwrite") != std::string::npos) {
    return "cannot write the picture; the disk may be full";
  }
  std::istringstream lines(output);
  std::string first = "failed without a message";
  bool is_first = true;
  for (std::string line; std::getline(lines, line); is_first = false) {
    const std::string_view trimmed = text::trim(line);
    if (trimmed.starts_with("Error")) return std::string(trimmed);
    if (is_first && !trimmed.empty()) first = trimmed;
  }
  return first;
}

void run_graphviz(const std::filesystem::path& folder, const std::string& format) {
  const ProgramResult result = run_program({"dot",
                                            {"-T" + format, "-o", "picture", "picture.dot"},
                                            folder,
                                            "install graphviz, or write a .dot file"});
  if (!result.succeeded) throw Error(ErrorCode::io, error_line(result.output), "dot");
}

}  // namespace

std::string model_dot(const ModelGraph& graph, const std::vector<Cut>& cuts,
                      const PictureOptions& options) {
  return Drawing(graph, cuts, options).text();
}

void validate_picture_path(const std::filesystem::path& path) { (void)format_of(path); }

void draw_model(const std::string& dot, const std::filesystem::path& path) {
  const std::string format = format_of(path);
  if (format == "dot") return write_file_atomically(path, dot);
  const WorkFolder work(path.parent_path());
  write_file_atomically(work.path() / "picture.dot", dot);
  run_graphviz(work.path(), format);
  publish_file(work.path() / "picture", path);
}

}  // namespace scission
