// The state of a SplitModel, and the code of its segments, for the library itself.
#pragma once

#include <torch/script.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scission/model.hpp"
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
  const ValueInfo& info(const torch::jit::Value* value) const { return infos_.at(value); }

 private:
  std::unordered_map<const torch::jit::Value*, ValueInfo> infos_;
};

/// The code of each segment between neighbouring cuts, weights shared with the model. Its inputs
/// are what crosses the preceding cut; views and fixed values are rematerialised. With `others`,
/// numbers that depend on the batch are computed from the inputs where one rule holds for all these
/// batches; without, they are constants. O(nodes · others) for all segments together.
std::vector<SegmentCode> segment_code(const ReadModel& model, const std::vector<Cut>& cuts,
                                      const std::vector<OtherBatch>& others = {});

/// Lets `to` give the tensors that it receives the strides that they have in `passed_on`: the order
/// of dimensions and the gaps between them; and lets quantised tensors cross as their integers.
/// Kernels are chosen, sums ordered, and elements of as_strided() found by the strides.
/// Throws Error(unsupported) on a tensor that is quantised by channel.
void restore_layouts(SegmentCode& from, SegmentCode& to, const std::vector<c10::IValue>& passed_on);

/// Lets the segment run nothing of what comes after an early exit once it is taken: it passes on
/// the answer, and empty tensors for all else. O(operations · exits).
void guard_exits(const ReadModel& model, SegmentCode& segment);

/// A module whose forward() is the segment's code and whose attributes are the weights in it,
/// shared, not copied. Several outputs are returned as one tuple. Takes over the code's graph.
torch::jit::Module segment_module(const SegmentCode& segment, const std::string& model);

/// For each argument of forward(): whether the code may write into its memory, also through a view
/// (for example relu_() on an input, frequent after a cut). True where the analysis cannot tell.
std::vector<bool> written_inputs(const torch::jit::Module& module);

class SplitState {
 public:
  SplitState(const torch::jit::Module& module, const std::string& name,
             std::vector<at::Tensor> inputs, const SplitOptions& options, const InputHints& hints);

  const SplitOptions& options() const { return options_; }
  const std::vector<at::Tensor>& inputs() const { return inputs_; }
  const ReadModel& model() const { return model_; }
  const CutList& cuts() const { return cuts_; }

  /// Code for this batch size alone.
  std::vector<SegmentCode> code(const std::vector<Cut>& cuts) const;

  /// Code that runs on any batch size, where batch-dependent numbers can be recomputed.
  std::vector<SegmentCode> code_for_any_batch(const std::vector<Cut>& cuts) const;

  /// The same for segments apart from each other: what crosses a cut arrives as contiguous numbers,
  /// and gets the layout or the quantisation that it had; and they skip what comes after an early
  /// exit that was taken. Runs the segments and forward() once, unless this machine cannot; throws
  /// Error(mismatch) where their answers differ.
  std::vector<SegmentCode> code_for_machines(const std::vector<Cut>& cuts) const;

  /// Runs forward() and the code that was read from it on the inputs.
  /// Throws Error(mismatch) unless the results are bit-equal.
  void require_equal_to_forward() const;

 private:
  Trace trace_module(const torch::jit::Module& module, const std::string& name);
  void reject_impossible_cuts();
  void check(const std::vector<Cut>& cuts) const;
  std::vector<OtherBatch> other_batches() const;
  std::optional<c10::IValue> restore_layouts_of(std::vector<SegmentCode>& segments) const;
  c10::IValue expected_answer() const;
  std::vector<at::Tensor> cloned_inputs() const;

  SplitOptions options_;
  InputHints hints_;
  torch::jit::Module module_;
  std::vector<at::Tensor> inputs_;
  ModelCode code_;
  ReadModel model_;
  CutList cuts_;
  mutable std::optional<c10::IValue> expected_;  ///< forward()'s, once it was needed
};

const SplitState& state_of(const SplitModel& model);

}  // namespace scission::torchscript
