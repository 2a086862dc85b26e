// The title of a model's picture, and what its colours stand for.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/layer_kind.hpp"
#include "report/picture_plan.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// A coloured patch and the words in it.
struct LegendEntry {
  NodeColours colours;
  std::string text;
};

struct Legend {
  std::vector<LegendEntry> entries;
  std::size_t columns = 1;
};

/// The kinds of layers that have a node of their own; layer 0, the input, is of none.
Legend kinds_legend(const ModelGraph& graph, const std::vector<Block>& blocks, bool is_collapsed);

/// "vm: layers 7-25" for each system.
Legend systems_legend(const PicturePlan& plan);

/// The model's name and totals with the legend below, as a label of Graphviz.
std::string title_label(const ModelGraph& graph, const std::vector<Block>& blocks,
                        const Legend& legend);

}  // namespace scission
