// The state of a SplitModel, for the library itself.
#pragma once

#include <optional>
#include <vector>

#include "scission/torchscript/split/split.hpp"
#include "torchscript/split/segment_code.hpp"
#include "torchscript/trace/read_model.hpp"
#include "torchscript/trace/trace.hpp"

namespace scission::torchscript {

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
