// The words in a model's picture, as labels of Graphviz.
#pragma once

#include <string>
#include <vector>

#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// "1×3×224×224", "1×128 int64", "scalar float32"; float32 is not said of a tensor with a shape.
std::string shape_text(const Value& value);

/// "25.6 M parameters · 7.73 GFLOPs", of the layers together.
std::string work_text(const ModelGraph& graph, const Block& block);

/// Name; type, shapes of the outputs, and their bytes where they are sent over a cut.
std::string layer_label(const ModelGraph& graph, int layer, const std::vector<bool>& is_sent);

/// The layers' range and number; their commonest types; parameters and operations; what leaves.
std::string block_label(const ModelGraph& graph, const Block& block, const Cut& cut);

/// "output" and the shapes of what the model returns.
std::string output_label(const ModelGraph& graph);

}  // namespace scission
