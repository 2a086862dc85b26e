// A model as its author sees it: layers, and the values between them.
//
//     input ──▶ conv ──▶ relu ──┬──▶ conv ──▶ add ──▶ dense
//                               └─────────────▲
//
// Independent of any backend: a backend fills in a ModelGraph, cuts.hpp finds where it can be cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// What happens to a value that is alive at a cut.
enum class ValueKind {
  tensor,  ///< is sent, at the cost of its bytes
  fixed,   ///< a number, shape or list determined by the input's shape: both sides know it
  opaque,  ///< cannot be sent: prevents cuts while it is alive
};

/// The smallest and the largest size of something, in bytes, over several inputs of the model.
struct SCISSION_EXPORT ByteRange {
  std::int64_t smallest = 0;
  std::int64_t largest = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// "12.0–48.0 kB, depends on the data"; "12.0 kB, may depend on the data" where all inputs had the
/// same size.
SCISSION_EXPORT std::string format_bytes(const ByteRange& seen);

/// A result of a layer.
struct SCISSION_EXPORT Value {
  std::string name;
  ValueKind kind = ValueKind::tensor;
  std::string dtype;                ///< "float32", "int64", …; empty unless a tensor
  std::vector<std::int64_t> shape;  ///< with the batch in front; empty for a scalar
  std::int64_t bytes = 0;           ///< payload: product of shape × size of dtype
  /// The earlier value whose memory this one shares and from which it can be recomputed at no cost
  /// (a reshape, a slice); −1 for a value that owns its memory.
  int view_of = -1;
  std::string why_opaque = {};  ///< "a number computed from data"; empty unless opaque
  /// The sizes seen, where the shape depends on numbers in the input; `shape` and `bytes` are then
  /// those for one input.
  std::optional<ByteRange> bytes_seen = {};
};

/// One layer. Layer 0 is the model's input; it has no inputs.
struct SCISSION_EXPORT Layer {
  std::string name;             ///< unique in the model
  std::string type;             ///< "Conv2D", "BatchNormalization", "aten::flatten", …
  std::vector<int> inputs;      ///< indices into ModelGraph::values
  std::vector<int> outputs;     ///< indices into ModelGraph::values
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;  ///< of one run on the whole batch; a multiply-add counts as two
  std::int64_t macs = 0;   ///< multiply-adds of convolutions and matrix products
  /// Peak of the memory that the layer allocates while it runs, in bytes: its outputs and
  /// temporaries.
  std::int64_t working_bytes = 0;
  /// Earlier layers that must run before this one although it reads none of their outputs: they
  /// write in place what it reads, or read what it writes in place.
  std::vector<int> after = {};
};

/// A model. Its layers are in topological order: a layer reads only outputs of earlier layers.
struct SCISSION_EXPORT ModelGraph {
  std::string name;
  std::vector<Value> values;
  std::vector<Layer> layers;
  std::vector<int> outputs;                 ///< what the model returns; indices into values
  std::vector<std::string> uncounted = {};  ///< sorted names of operations without a FLOP rule
};

/// Layers first_layer…last_layer, inclusive: the smallest unit that is timed or placed.
struct SCISSION_EXPORT Block {
  int first_layer = 0;
  int last_layer = 0;
  std::int64_t output_bytes = 0;  ///< payload of the tensors that leave the block
  /// The payloads seen, where they depend on numbers in the model's input.
  std::optional<ByteRange> bytes_seen = {};

  friend bool operator==(const Block&, const Block&) = default;
};

/// "3-5", or "3" when both are the same.
SCISSION_EXPORT std::string layer_range(int first_layer, int last_layer);

/// The order in which a model's layers are numbered and run.
enum class LayerOrder {
  file,     ///< the order of the model's file
  compact,  ///< minimises what crosses between neighbouring layers: one branch after the other
};

/// "file", "compact". parse_layer_order() throws Error(invalid_argument) for other texts and lists
/// these.
SCISSION_EXPORT std::string to_string(LayerOrder order);
SCISSION_EXPORT LayerOrder parse_layer_order(std::string_view text);

/// Cost of one layer, or of consecutive layers together.
struct SCISSION_EXPORT LayerStatistics {
  std::int64_t parameters = 0;
  std::int64_t weight_bytes = 0;
  std::int64_t flops = 0;
  std::int64_t macs = 0;
  std::int64_t activation_bytes = 0;  ///< of all outputs, without views
  /// Peak of the bytes alive while the layers run, without weights: values that are still needed,
  /// by these layers or later, and the running layer's working memory.
  std::int64_t peak_activation_bytes = 0;
};

/// One entry per layer. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> layer_statistics(const ModelGraph& graph);

/// One entry per block. O(layers + values).
SCISSION_EXPORT std::vector<LayerStatistics> block_statistics(const ModelGraph& graph,
                                                              const std::vector<Block>& blocks);

/// Of the whole model. O(layers + values).
SCISSION_EXPORT LayerStatistics model_statistics(const ModelGraph& graph);

/// The types of the block's layers, separated by spaces.
SCISSION_EXPORT std::string layer_types(const ModelGraph& graph, const Block& block);

/// What counts as one layer.
enum class Granularity {
  operation,  ///< each operation
  layer,      ///< each leaf submodule, and each operation outside of one
  block,      ///< each innermost submodule that contains others and is not a mere list of them: a
              ///< residual block, an encoder layer; everything else as with `layer`
};

/// "op", "layer" or "block".
SCISSION_EXPORT std::string to_string(Granularity granularity);

/// The inverse of to_string(). Throws Error(invalid_argument) that lists the three words.
SCISSION_EXPORT Granularity parse_granularity(std::string_view text);

}  // namespace scission
