// The nodes of an ONNX graph and the values between them, as numbers.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "onnx/model_file.hpp"

namespace scission::onnx {

/// A value of the main graph.
struct GraphValue {
  std::string name;
  int node = -1;                                ///< that makes it; −1 for inputs and weights
  const ::onnx::TensorProto* weight = nullptr;  ///< for an initialiser
  const ::onnx::SparseTensorProto* sparse = nullptr;
  bool is_input = false;  ///< of the model; never of a weight
  /// Follows from weights, constants and shapes alone: never crosses a cut, because every segment
  /// that reads it computes it.
  bool is_fixed = false;
  /// The value from which a cheap operation without other data makes this one, or −1: another shape
  /// of it (Reshape), or its dequantised numbers.
  int view_of = -1;

  bool is_weight() const { return weight != nullptr || sparse != nullptr; }
};

/// Lists are by node, in the file's order. Refers to the model's messages.
struct NodeGraph {
  std::vector<GraphValue> values;
  std::unordered_map<std::string, int> numbers;  ///< of the values, by name
  /// Values that each node reads, once each: also those that the bodies of If, Loop and Scan read.
  std::vector<std::vector<int>> reads;
  std::vector<std::vector<int>> makes;
  std::vector<bool> is_fixed;  ///< nodes that make only fixed values
  std::vector<int> inputs;     ///< of the model, without weights
  std::vector<int> outputs;    ///< of the model
  const ::onnx::GraphProto* graph = nullptr;

  const ::onnx::NodeProto& node(int number) const { return graph->node(number); }
};

/// O(nodes + names). Throws Error(damaged) for a name that nothing makes before it is read, or that
/// is made twice. The model must outlive the result.
NodeGraph read_nodes(const ModelFile& model);

/// Whether the node is ONNX's own operation of that name.
bool is_op(const ::onnx::NodeProto& node, std::string_view op_type);

/// The attribute of that name; nullptr if the node has none.
const ::onnx::AttributeProto* find_attribute(const ::onnx::NodeProto& node, std::string_view name);

/// The integers of the attribute; `absent` without one.
std::vector<std::int64_t> integers(const ::onnx::NodeProto& node, std::string_view name,
                                   std::vector<std::int64_t> absent = {});
std::int64_t integer(const ::onnx::NodeProto& node, std::string_view name, std::int64_t absent);

}  // namespace scission::onnx
