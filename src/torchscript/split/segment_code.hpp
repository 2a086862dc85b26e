// The code of consecutive layers as a graph that runs by itself.
#pragma once

#include <memory>
#include <vector>

#include "scission/model/cuts.hpp"
#include "torchscript/trace/batch_numbers.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {

/// Consecutive layers, what goes in and what comes out.
struct SegmentCode {
  int first_layer = 0;
  int last_layer = 0;
  std::vector<int> inputs;   ///< indices into ModelGraph::values
  std::vector<int> outputs;  ///< the same; for the last segment what the model returns
  std::shared_ptr<torch::jit::Graph> graph;
  bool any_batch = true;  ///< whether no number in it is right for one batch alone
};

/// One piece of code between neighbouring cuts, weights shared with the model. What crosses a cut
/// goes in, views and fixed values are made again. With `other`, numbers that depend on the batch
/// are computed from what goes in, where that can be; without it, they are constants.
/// O(nodes) for all of them together.
std::vector<SegmentCode> segment_code(const ReadModel& model, const std::vector<Cut>& cuts,
                                      const OtherBatch* other = nullptr);

}  // namespace scission::torchscript
