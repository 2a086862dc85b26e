// Types and shapes of a model's values for given inputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "onnx/node_graph.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

struct ValueType {
  std::string dtype;  ///< empty unless a tensor of numbers
  std::optional<std::vector<std::int64_t>> shape;
  bool is_tensor = true;  ///< false: a sequence, a map, an optional value, or of an unknown type
  /// Another input of the same shape may give another shape.
  bool depends_on_data = false;

  /// Product of the shape; 0 where it is unknown.
  std::int64_t elements() const;
  /// Payload; 0 where type or shape are unknown.
  std::int64_t bytes() const;
};

/// By number of the value, for these inputs; fixed values have one where the inference knows it.
/// Where it knows no shape of another value, the model runs once.
/// Throws Error(mismatch) where it does not run on the inputs, and Error(unsupported) where it has
/// to run and this build has no ONNX Runtime.
std::vector<ValueType> value_types(const ModelFile& model, const NodeGraph& nodes,
                                   const std::vector<Tensor>& inputs);

}  // namespace scission::onnx
