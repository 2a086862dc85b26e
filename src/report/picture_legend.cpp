#include "report/picture_legend.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/dot_text.hpp"
#include "report/picture_labels.hpp"

namespace scission {
namespace {

constexpr std::size_t longest_title = 80;

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

}  // namespace

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

Legend systems_legend(const PicturePlan& plan) {
  Legend legend;
  for (int system = 0; system < static_cast<int>(plan.systems().size()); ++system) {
    const std::string name = shortened(clean_text(plan.systems()[system]), longest_title);
    legend.entries.push_back({PicturePlan::colours(system), name + ": " + plan.layers_of(system)});
  }
  return legend;
}

std::string title_label(const ModelGraph& graph, const std::vector<Block>& blocks,
                        const Legend& legend) {
  const Block whole{0, static_cast<int>(graph.layers.size()) - 1, 0};
  const std::string totals = fmt::format("{} layers in {} blocks · {}", graph.layers.size(),
                                         blocks.size(), work_text(graph, whole));
  std::string table = fmt::format(
      "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"3\">"
      "<TR><TD><FONT POINT-SIZE=\"20\"><B>{}</B></FONT></TD></TR><TR><TD>{}</TD></TR>",
      dot_html(shortened(clean_text(graph.name), longest_title)), dot_html(totals));
  if (!legend.entries.empty()) {
    table += fmt::format(
        "<TR><TD><TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"4\" CELLPADDING=\"3\">{}"
        "</TABLE></TD></TR>",
        legend_rows(legend));
  }
  return table + "</TABLE>>";
}

}  // namespace scission
