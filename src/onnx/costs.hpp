// What a node computes: floating-point operations (FLOPs) and multiply-adds (MACs).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "onnx/node_graph.hpp"
#include "onnx/shapes.hpp"

namespace scission::onnx {

struct NodeCost {
  std::int64_t flops = 0;  ///< a multiply-add counts as two; biases do not count
  std::int64_t macs = 0;   ///< of convolutions and matrix products, quantised ones as well
};

/// The cost of the node for the whole batch; nullopt where there is no rule for it or the shapes
/// that it needs are unknown.
std::optional<NodeCost> node_cost(const ::onnx::NodeProto& node, const NodeGraph& nodes,
                                  const std::vector<ValueType>& types);

}  // namespace scission::onnx
