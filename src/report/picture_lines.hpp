// The lines of a model's picture in Graphviz' language.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "report/picture_edges.hpp"
#include "report/picture_plan.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// How the picture is laid out. Of layers, the number of them is the model's caller.
struct PictureLayout {
  std::function<std::string(int layer)> node;
  std::function<std::string(int layer)> box;  ///< the box around the node; empty for none
  /// Labels with a rank of their own keep clear of all else; without, the layout takes a tenth of
  /// the time.
  bool labels_have_ranks = true;
};

/// Labelled with the bytes sent; bold between systems, dashed for what cannot be sent.
///
/// A value with many readers runs along one line that they branch off: a DenseNet's lines would
/// otherwise grow with the cube of its layers, and the time to lay them out with them.
std::string picture_lines(const ModelGraph& graph, const std::vector<PictureEdge>& edges,
                          const PicturePlan& plan, const PictureLayout& layout);

}  // namespace scission
