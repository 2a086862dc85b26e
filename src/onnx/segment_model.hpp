// The ONNX model of a segment.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "onnx/read_model.hpp"
#include "scission/model.hpp"

namespace scission::onnx {

/// What a segment consists of. Numbers are those of the NodeGraph.
struct SegmentContents {
  int first_layer = 0;
  int last_layer = 0;
  bool is_last = false;        ///< returns what the model returns
  std::vector<int> inputs;     ///< in order
  std::vector<int> outputs;    ///< in order
  std::vector<int> nodes;      ///< ascending; those of its layers, and those that it repeats
  std::vector<int> constants;  ///< nodes that read a shape, replaced by the numbers for the inputs
  std::vector<int> weights;    ///< in the order of their first use
};

/// The segments between the cuts, which ascend and end with the last layer. O(nodes), and for each
/// segment the nodes that it repeats.
std::vector<SegmentContents> segment_contents(const ReadModel& model, const std::vector<Cut>& cuts);

/// Whether the segments accept any size of the batch; `other` are the types for another batch.
bool holds_for_batch(const ReadModel& model, const std::vector<SegmentContents>& segments,
                     const std::vector<ValueType>& other);

/// The segment as a model. Its weights that other files hold refer to them as in the whole model;
/// with `other`, the dimensions in which the types differ are open.
::onnx::ModelProto segment_model(const ReadModel& model, const SegmentContents& segment,
                                 const std::vector<ValueType>* other = nullptr);

}  // namespace scission::onnx
