// A model as its author sees it: layers, and the values between them.
//
//     input ──▶ conv ──▶ relu ──┬──▶ conv ──▶ add ──▶ dense
//                               └─────────────▲
//
// Independent of any backend: a backend fills in a ModelGraph, cuts.hpp finds where it can be cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// What becomes of a value when the model is cut while it is alive.
enum class ValueKind {
  tensor,  ///< it crosses, at the cost of its bytes
  fixed,   ///< a number, shape or list that the input's shape determines: each side has its own
  opaque,  ///< it cannot cross: no cut while it is alive
};

/// Something that a layer makes and others read.
struct SCISSION_EXPORT Value {
  std::string name;
  ValueKind kind = ValueKind::tensor;
  std::string dtype;                ///< "float32", "int64", …; empty when it is no tensor
  std::vector<std::int64_t> shape;  ///< with the batch in front; empty for a scalar
  std::int64_t bytes = 0;           ///< payload: product of shape × size of dtype
  /// The earlier value whose memory this one shows, and from which any reader makes it again at no
  /// cost (a reshape, a slice); −1 for a value with memory of its own.
  int view_of = -1;
  std::string why_opaque = {};  ///< for people: "a number computed from data"; empty unless opaque
};

/// One layer. Layer 0 is the model's input and has no inputs of its own.
struct SCISSION_EXPORT Layer {
  std::string name;             ///< unique in the model
  std::string type;             ///< "Conv2D", "BatchNormalization", "aten::flatten", …
  std::vector<int> inputs;      ///< indices into ModelGraph::values
  std::vector<int> outputs;     ///< indices into ModelGraph::values
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;  ///< of one run on the whole batch, a multiply-add counted as two
  std::int64_t macs = 0;   ///< multiply-adds of convolutions and matrix products
  /// The most bytes of new memory at one moment while the layer runs: its outputs as far as they
  /// are made, and what it makes and drops.
  std::int64_t working_bytes = 0;
  /// Earlier layers that have to run before this one though it reads nothing of them: they write
  /// what it reads, or read what it writes in place.
  std::vector<int> after = {};
};

/// Layers in topological order: a layer reads only what earlier layers have made.
struct SCISSION_EXPORT ModelGraph {
  std::string name;
  std::vector<Value> values;
  std::vector<Layer> layers;
  std::vector<int> outputs;                 ///< what the model returns; indices into values
  std::vector<std::string> uncounted = {};  ///< operations without a rule for their FLOPs, sorted
};

/// Layers first_layer…last_layer, inclusive: the smallest unit that is timed or placed.
struct SCISSION_EXPORT Block {
  int first_layer = 0;
  int last_layer = 0;
  std::int64_t output_bytes = 0;  ///< payload of the tensors that leave the block

  friend bool operator==(const Block&, const Block&) = default;
};

/// "3-5", or "3" when both are the same.
SCISSION_EXPORT std::string layer_range(int first_layer, int last_layer);

/// The order in which a model's layers are numbered and run.
enum class LayerOrder {
  file,     ///< the order of the model's file
  compact,  ///< minimises what crosses between neighbouring layers: one branch after the other
};

/// "file", "compact", and back; Error(invalid_argument) that lists them otherwise.
SCISSION_EXPORT std::string to_string(LayerOrder order);
SCISSION_EXPORT LayerOrder parse_layer_order(std::string_view text);

/// Of one layer, or of consecutive ones together.
struct SCISSION_EXPORT LayerStatistics {
  std::int64_t parameters = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;
  std::int64_t macs = 0;
  std::int64_t activation_bytes = 0;  ///< of everything the layers hand on, views not counted
  /// The most bytes alive at one moment while the layers run, weights apart: values that are still
  /// needed, here or later, and the running layer's working memory.
  std::int64_t peak_activation_bytes = 0;
};

/// One entry a layer. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> layer_statistics(const ModelGraph& graph);

/// One entry a block. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> block_statistics(const ModelGraph& graph,
                                                              const std::vector<Block>& blocks);

/// The whole model's.
SCISSION_EXPORT LayerStatistics model_statistics(const ModelGraph& graph);

/// The types of the block's layers, separated by spaces, as the published tables list them.
SCISSION_EXPORT std::string layer_types(const ModelGraph& graph, const Block& block);

}  // namespace scission
