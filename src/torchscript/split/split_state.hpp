// The state of a SplitModel, and the code of its segments, for the library itself.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scission/model/cuts.hpp"
#include "scission/torchscript/split/split.hpp"
#include "torchscript/trace/read_model.hpp"
#include "torchscript/trace/trace.hpp"

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

/// A module whose forward() is the segment's code and whose attributes are the weights in it,
/// shared, not copied. Several outputs are returned as one tuple. Takes over the code's graph.
torch::jit::Module segment_module(const SegmentCode& segment, const std::string& model);

/// For each argument of forward(): whether the code may write into its memory, also through a view
/// (for example relu_() on an input, frequent after a cut). True where the analysis cannot tell.
std::vector<bool> written_inputs(const torch::jit::Module& module);

class SplitState {
 public:
  SplitState(const torch::jit::Module& module, const std::string& name,
             std::vector<at::Tensor> inputs, const SplitOptions& options);

  const SplitOptions& options() const { return options_; }
  const std::vector<at::Tensor>& inputs() const { return inputs_; }
  const ReadModel& model() const { return model_; }
  const CutList& cuts() const { return cuts_; }

  /// Code for this batch size alone.
  std::vector<SegmentCode> code(const std::vector<Cut>& cuts) const;

  /// Code that runs on any batch size, where batch-dependent numbers can be recomputed.
  std::vector<SegmentCode> code_for_any_batch(const std::vector<Cut>& cuts) const;

 private:
  Trace trace_module(const torch::jit::Module& module, const std::string& name);
  void check(const std::vector<Cut>& cuts) const;

  SplitOptions options_;
  std::vector<at::Tensor> inputs_;
  ModelCode code_;
  ReadModel model_;
  CutList cuts_;
};

const SplitState& state_of(const SplitModel& model);

}  // namespace scission::torchscript
