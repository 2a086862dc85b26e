// The parts of a model's picture: its edges, its colours and its labels.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/model.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

// --- Edges ---

/// A value from the layer that computes it to a layer that reads it.
struct PictureEdge {
  int from = 0;
  int to = 0;     ///< the number of layers: the caller of the model
  int value = 0;  ///< index into ModelGraph::values; of the value sent if the edge crosses a cut
  std::optional<std::int64_t> sent_bytes;  ///< set for the first edge of the value into each block
};

/// One edge for every tensor or opaque value that a layer or the caller reads, by ascending reader.
/// Fixed values have no edge, nor have opaque values parallel to a tensor's edge.
/// O(edges × tensors that cross a cut).
std::vector<PictureEdge> picture_edges(const ModelGraph& graph, const std::vector<Cut>& cuts);

/// The index of the layer's block, which is that of the first cut after it. One past the last for
/// the caller.
int block_of(const std::vector<Cut>& cuts, int layer);

/// The edges between different nodes of several layers: one for each value and reading node.
/// `node_of` is the node of a layer, and of the number of layers, the caller.
std::vector<PictureEdge> edges_between(const std::vector<PictureEdge>& edges,
                                       const std::function<int(int layer)>& node_of);

// --- Colours ---

/// What sort of work a layer does, as far as its type tells.
enum class LayerKind {
  convolution,
  dense,  ///< matrix products: linear layers, attention, recurrent ones
  normalisation,
  activation,
  pooling,
  join,  ///< combines several tensors: add, concatenate, multiply
  other,
};

inline constexpr std::array<LayerKind, 7> all_layer_kinds = {
    LayerKind::convolution, LayerKind::dense, LayerKind::normalisation, LayerKind::activation,
    LayerKind::pooling,     LayerKind::join,  LayerKind::other};

/// "Conv2D", "aten::_convolution" → convolution. Knows the type names of Keras and PyTorch. The
/// costliest kind wins for types that name several, such as "Conv2dNormActivation".
LayerKind kind_of(std::string_view type);

std::string_view to_string(LayerKind kind);

/// Colours of a node, "#RRGGBB": a light fill for dark text and a frame of the same hue.
struct NodeColours {
  std::string fill;
  std::string frame;
};

NodeColours colours_of(LayerKind kind);

/// Which system has which layers. Without placements no system has any.
class PicturePlan {
 public:
  /// Throws Error(invalid_argument) if the placements are not contiguous from layer 0 or one does
  /// not end at a cut, Error(mismatch) if they do not end with the last layer.
  PicturePlan(const ModelGraph& graph, const std::vector<Cut>& cuts,
              std::vector<Placement> placements);

  bool is_empty() const { return placements_.empty(); }

  /// Index into systems() of the layer's system; −1 without a plan and for the caller.
  int system_of(int layer) const;

  /// In the order of execution, each once.
  const std::vector<std::string>& systems() const { return systems_; }

  /// "layers 0-6, 12-20".
  std::string layers_of(int system) const;

  /// Colours of the palette of charts; lighter ones from the eighth on.
  static NodeColours colours(int system);

 private:
  std::vector<Placement> placements_;
  std::vector<std::string> systems_;
  std::vector<int> system_of_placement_;
};

// --- Repeats ---

/// Consecutive layers that one node shows, `count` times the same group one after the other.
struct PictureUnit {
  int first_layer = 0;
  int last_layer = 0;  ///< of the last group
  int count = 1;
  std::string name = {};          ///< what the names of a group's layers begin with; may be empty
  std::vector<int> leaving = {};  ///< values that layers behind the unit, or the caller, read

  int period() const { return (last_layer - first_layer + 1) / count; }  ///< layers of a group
};

/// The layers in order: equal groups of 3 layers or more that follow each other are one unit, what
/// is between them one for each block. Layers on different systems are not equal.
/// O(layers²) for each unit of several groups.
std::vector<PictureUnit> folded_units(const ModelGraph& graph, const std::vector<Cut>& cuts,
                                      const PicturePlan& plan);

// --- Labels ---

/// Cleaned text in double quotes, for attributes in which Graphviz interprets backslashes and
/// entities.
std::string dot_quote(std::string_view text);

/// Cleaned text for labels between < and >.
std::string dot_html(std::string_view text);

/// "1×3×224×224", "1×128 int64", "scalar float32". A tensor with a shape is float32 by default.
std::string shape_text(const Value& value);

/// "25.6 M parameters · 7.73 GFLOPs", the sums over the layers.
std::string work_text(const ModelGraph& graph, const Block& block);

/// Name; type, shapes of the outputs, and their bytes if they are sent over a cut.
std::string layer_label(const ModelGraph& graph, int layer, const std::vector<bool>& is_sent);

/// Number and range of the layers; their commonest types; parameters and operations; the outputs.
std::string block_label(const ModelGraph& graph, const Block& block, const Cut& cut);

/// The same of a unit: "3 × layer1", the types of one group, the work of all.
std::string unit_label(const ModelGraph& graph, const PictureUnit& unit);

/// "output" and the shapes of the outputs.
std::string output_label(const ModelGraph& graph);

}  // namespace scission
