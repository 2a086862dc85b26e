// A model as its author sees it: layers, the values between them, where it may be cut.
//
//     input ──▶ conv ──▶ relu ──┬──▶ conv ──▶ add ──▶ dense
//                               └─────────────▲
//
// Nothing here knows a backend: a backend fills in a ModelGraph, the core finds the cuts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace scission {

/// Something that a layer makes and others read.
struct Value {
  std::string name;
  std::string dtype;                ///< "float32", "int64", …; empty when it is no tensor
  std::vector<std::int64_t> shape;  ///< with the batch in front; empty for a scalar
  std::int64_t bytes = 0;           ///< payload: product of shape × size of dtype
  bool is_tensor = true;            ///< false: a number, list or tuple, which cannot cross a cut
};

/// One layer. Layer 0 is the model's input and has no inputs of its own.
struct Layer {
  std::string name;             ///< unique in the model
  std::string type;             ///< "Conv2D", "BatchNormalization", "aten::flatten", …
  std::vector<int> inputs;      ///< indices into ModelGraph::values
  std::vector<int> outputs;     ///< indices into ModelGraph::values
  std::int64_t parameters = 0;  ///< weight elements, trainable or not
};

/// Layers in topological order: a layer reads only what earlier layers have made.
struct ModelGraph {
  std::string name;
  std::vector<Value> values;
  std::vector<Layer> layers;
  std::vector<int> outputs;  ///< what the model returns; indices into values
};

/// Layers first_layer…last_layer, both included: the smallest thing that is timed or placed.
struct Block {
  int first_layer = 0;
  int last_layer = 0;
  std::int64_t output_bytes = 0;  ///< payload of what leaves the block's end

  friend bool operator==(const Block&, const Block&) = default;
};

/// The values made in layers 0…`layer` that a later layer, or the model's caller, still needs.
/// Ascending indices into graph.values. O(layers + values) a call.
std::vector<int> alive_after(const ModelGraph& graph, int layer);

/// Every layer after which exactly one value is alive and that value is a tensor, in ascending
/// order; the last layer is always among them. O(layers + values).
/// Throws Error(invalid_argument) when the graph is not in topological order.
std::vector<int> single_tensor_cuts(const ModelGraph& graph);

/// The blocks between neighbouring cuts. `cuts` ascends and ends with the last layer.
/// Throws Error(invalid_argument) otherwise.
std::vector<Block> blocks_between(const ModelGraph& graph, const std::vector<int>& cuts);

/// The types of the block's layers, separated by spaces, as the published tables list them.
std::string layer_types(const ModelGraph& graph, const Block& block);

/// Sum of the parameters of the block's layers.
std::int64_t parameters(const ModelGraph& graph, const Block& block);
std::int64_t parameters(const ModelGraph& graph);

}  // namespace scission
