// Where a model can be cut, which tensors cross there, and the blocks in between.
//
//     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 dense
//                                     └──────────────┘
//
//     after            0   1   2   3   4   5
//     single           │   │   │       │   │    one tensor crosses
//     frontier         │   │   │   ║   │   │    one or more cross (after 3: relu1's and conv2's)
//     original             │           │   │    one edge crosses, and not after the input
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

/// Which places count as cuts.
enum class CutKind {
  single,    ///< one tensor crosses
  frontier,  ///< one or more tensors cross
  /// One tensor with one reader crosses, and not after layer 0: the rule of the original tool,
  /// which counts connections between layers.
  original,
};

/// "single", "frontier", "original". parse_cut_kind() throws Error(invalid_argument) for other
/// texts and lists these.
SCISSION_EXPORT std::string to_string(CutKind kind);
SCISSION_EXPORT CutKind parse_cut_kind(std::string_view text);

/// A cut after a layer.
struct SCISSION_EXPORT Cut {
  int layer = 0;
  /// The values to send: ascending indices into ModelGraph::values. Views of one memory share what
  /// is sent: a view is omitted if its source is sent, and a source replaces several of its views
  /// if it is smaller than they are together. Fixed values are not sent. After the last layer: the
  /// model's outputs.
  std::vector<int> crossing;
  std::int64_t bytes = 0;  ///< payload of the values to send
  /// The payloads seen, where the shape of a value depends on numbers in the model's input: from
  /// the sum of the values' smallest to that of their largest sizes.
  std::optional<ByteRange> bytes_seen = {};
};

/// A place where the model cannot be cut.
struct SCISSION_EXPORT Rejection {
  int layer = 0;
  std::string reason;  ///< "2 tensors cross: 'relu1' and 'conv2'", one line
};

/// The places after all layers, split in two, each in ascending order.
struct SCISSION_EXPORT CutList {
  std::vector<Cut> cuts;  ///< always contains the end of the model
  std::vector<Rejection> rejected;
};

/// The values of layers 0…`layer` that a later layer or the model's caller still needs, including
/// views and fixed values: ascending indices into graph.values. O(layers + values).
SCISSION_EXPORT std::vector<int> alive_after(const ModelGraph& graph, int layer);

/// All places where the model can be cut, and for the others the reason why not.
/// O(layers + values + total size of Cut::crossing).
/// Throws Error(invalid_argument) when the graph is not in topological order.
SCISSION_EXPORT CutList find_cuts(const ModelGraph& graph, CutKind kind);

/// The blocks between neighbouring cuts. Throws Error(invalid_argument) unless the cuts ascend and
/// end with the last layer.
SCISSION_EXPORT std::vector<Block> blocks_between(const ModelGraph& graph,
                                                  const std::vector<Cut>& cuts);

/// The cuts after the given layers, and the last cut. Throws Error(invalid_argument) with the
/// nearest cuts if there is no cut after one of the layers.
SCISSION_EXPORT std::vector<Cut> select_cuts(const CutList& cuts, const std::vector<int>& layers);

/// The layer of that number or name. Throws Error(invalid_argument) if the graph has no such layer.
SCISSION_EXPORT int find_layer(const ModelGraph& graph, const std::string& text);

/// The cuts after the stages of a plan, given the last layer of each. Throws Error(mismatch) for a
/// plan of another model, or of other cuts, granularity or order.
SCISSION_EXPORT std::vector<Cut> cuts_of_plan(const ModelGraph& graph, const CutList& cuts,
                                              const std::vector<int>& last_layers);

// --- JSON ---

/// What the layers' numbers depend on.
struct SCISSION_EXPORT LayerSettings {
  CutKind cuts = CutKind::single;
  Granularity granularity = Granularity::layer;
  LayerOrder order = LayerOrder::file;
};

/// The cuts with what crosses them, the layers, and the blocks between the cuts, with their costs;
/// docs/segments-format.md describes the fields.
SCISSION_EXPORT std::string format_cuts_json(const ModelGraph& graph, const CutList& cuts,
                                             const LayerSettings& settings, bool with_rejected);
SCISSION_EXPORT std::string format_layers_json(const ModelGraph& graph,
                                               const LayerSettings& settings);
SCISSION_EXPORT std::string format_blocks_json(const ModelGraph& graph, const CutList& cuts,
                                               const LayerSettings& settings);

}  // namespace scission
