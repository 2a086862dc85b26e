// Where a model may be cut, what crosses there, and the blocks in between.
//
//     0 input ── 1 conv1 ── 2 relu1 ──┬── 3 conv2 ── 4 add ── 5 dense
//                                     └──────────────┘
//
//     after            0   1   2   3   4   5
//     single           │   │   │       │   │    one tensor crosses
//     frontier         │   │   │   ║   │   │    any number does (after 3: relu1's and conv2's)
//     original             │           │   │    one edge does, and not after the input
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/model_graph.hpp"

namespace scission {

enum class CutKind {
  single,    ///< one tensor crosses
  frontier,  ///< one or more tensors cross
  /// One tensor with one reader crosses, and not after layer 0: where the first Scission cuts,
  /// whose rule counts connections between layers.
  original,
};

/// "single", "frontier", "original", and back; Error(invalid_argument) that lists them otherwise.
SCISSION_EXPORT std::string to_string(CutKind kind);
SCISSION_EXPORT CutKind parse_cut_kind(std::string_view text);

/// The place after a layer.
struct SCISSION_EXPORT Cut {
  int layer = 0;
  /// What is sent: indices into ModelGraph::values, ascending. Of views of one memory that are
  /// alive together it is sent once: a view is left out where what it is a view of is sent, and
  /// stands for several views where it is smaller than they are. Fixed values are not sent.
  /// After the last layer: the model's outputs.
  std::vector<int> crossing;
  std::int64_t bytes = 0;  ///< payload of all that crosses
};

/// A place where the model cannot be cut.
struct SCISSION_EXPORT Rejection {
  int layer = 0;
  std::string reason;  ///< "2 tensors cross: 'relu1' and 'conv2'", one line
};

/// Every place after a layer is in one of the two, both in ascending order.
struct SCISSION_EXPORT CutList {
  std::vector<Cut> cuts;  ///< the last layer is always among them
  std::vector<Rejection> rejected;
};

/// The values made in layers 0…`layer` that a later layer, or the model's caller, still needs,
/// views and fixed values among them. Ascending indices into graph.values. O(layers + values).
SCISSION_EXPORT std::vector<int> alive_after(const ModelGraph& graph, int layer);

/// All the places where the model may be cut, and why it may not at the others.
/// O(layers + values + all that crosses at the cuts found).
/// Throws Error(invalid_argument) when the graph is not in topological order.
SCISSION_EXPORT CutList find_cuts(const ModelGraph& graph, CutKind kind);

/// The blocks between neighbouring cuts, which ascend and end with the last layer:
/// Error(invalid_argument) otherwise.
SCISSION_EXPORT std::vector<Block> blocks_between(const ModelGraph& graph,
                                                  const std::vector<Cut>& cuts);

/// Those of `cuts` that come after the given layers, and the last cut.
/// Throws Error(invalid_argument) that names the nearest cuts when there is none after one of them.
SCISSION_EXPORT std::vector<Cut> select_cuts(const CutList& cuts, const std::vector<int>& layers);

}  // namespace scission
