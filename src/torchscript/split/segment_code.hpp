// The code of consecutive layers as a graph that runs by itself.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "scission/model/cuts.hpp"
#include "torchscript/trace/read_model.hpp"

namespace scission::torchscript {

/// Consecutive layers, with what goes in and what comes out.
struct SegmentCode {
  int first_layer = 0;
  int last_layer = 0;
  std::vector<int> inputs;   ///< indices into ModelGraph::values
  std::vector<int> outputs;  ///< likewise; for the last segment what the model returns
  std::shared_ptr<torch::jit::Graph> graph;
  bool any_batch = true;  ///< whether no number in it is correct for one batch size only
};

/// The trace of the same model with another batch size, value by value.
class OtherBatch {
 public:
  /// nullopt when the other trace runs other operations, or has other constant integers.
  static std::optional<OtherBatch> compare(const Trace& trace, const Trace& other);

  /// The properties of the value in the other trace.
  const ValueInfo& info(const torch::jit::Value* value) const { return *infos_.at(value); }

 private:
  std::unordered_map<const torch::jit::Value*, const ValueInfo*> infos_;
};

/// The code of each segment between neighbouring cuts, weights shared with the model. Its inputs
/// are what crosses the preceding cut; views and fixed values are rematerialised. With `other`,
/// numbers that depend on the batch are computed from the inputs where possible; without, they are
/// constants. O(nodes) for all segments together.
std::vector<SegmentCode> segment_code(const ReadModel& model, const std::vector<Cut>& cuts,
                                      const OtherBatch* other = nullptr);

}  // namespace scission::torchscript
