// A model as its author sees it: layers, and the values between them.
//
//     input ──▶ conv ──▶ relu ──┬──▶ conv ──▶ add ──▶ dense
//                               └─────────────▲
//
// Nothing here knows a backend: a backend fills in a ModelGraph, the core finds the cuts
// (cuts.hpp), orders the layers (layer_order.hpp) and adds them up (model_statistics.hpp).
#pragma once

#include <cstdint>
#include <string>
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

}  // namespace scission
