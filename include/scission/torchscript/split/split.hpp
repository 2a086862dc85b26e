// TorchScript models as layers, cuts and segments; segments as files, and their verification.
// docs/splitting.md describes the method.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/model.hpp"
#include "scission/torchscript/common/module.hpp"
#include "scission/torchscript/inputs/inputs.hpp"

namespace scission::torchscript {

/// What SplitModel cannot see in the tensors of its inputs.
struct SCISSION_EXPORT InputHints {
  /// Which dimension of each input is the batch; −1: none. Empty: the first one everywhere.
  std::vector<int> batch_dimensions = {};
  /// Makes further inputs of the same shapes, numbered from 1: the sizes of tensors whose shape
  /// depends on data are stated as ranges over the inputs and these. Called only if the model has
  /// such tensors; empty for no further inputs.
  std::function<std::vector<at::Tensor>(int number)> other_inputs = {};
};

class SplitState;

/// A model traced for one input shape, with its layers and cuts. The weights are shared with the
/// module, not copied.
class SCISSION_EXPORT SplitModel {
 public:
  /// Puts the module into eval mode and traces its code once with tensors of the inputs' shapes.
  /// None of LibTorch's optimisations is applied. O(operations), apart from running the model
  /// itself where its control flow depends on data.
  ///
  /// Throws Error(unsupported) when the model changes its own state while it runs, was traced in
  /// training mode, or takes arguments other than tensors, and Error(mismatch) when it does not
  /// run on such inputs.
  SplitModel(const torch::jit::Module& module, const std::string& name,
             std::vector<at::Tensor> inputs, const SplitOptions& options = {},
             const InputHints& hints = {});
  ~SplitModel();
  SplitModel(SplitModel&&) noexcept;             ///< a moved-from model may only be destroyed
  SplitModel& operator=(SplitModel&&) noexcept;  ///< likewise

  const ModelGraph& graph() const;                ///< the layers, in the order chosen
  const CutList& cuts() const;                    ///< the possible cuts, and what crosses each
  const SplitOptions& options() const;            ///< with the order chosen
  const std::vector<at::Tensor>& inputs() const;  ///< as given

  /// One module for each segment between neighbouring cuts. `cuts` are a subset of cuts() that
  /// includes the last one. forward() takes the tensors that cross the cut before the segment and
  /// returns those that cross the cut after it: one tensor alone, several as a tuple; the last
  /// segment returns what the model returns. Weights are attributes, shared with the model.
  /// Throws Error(invalid_argument) unless the cuts ascend and end with the last layer.
  std::vector<torch::jit::Module> segments(const std::vector<Cut>& cuts) const;

  /// Whether the segments at these cuts run on any batch size that the model runs on. Numbers that
  /// depend on the batch are recomputed from the tensors that cross, where a second trace with
  /// another batch size shows how.
  bool runs_on_any_batch(const std::vector<Cut>& cuts) const;

 private:
  friend const SplitState& state_of(const SplitModel& model);
  std::unique_ptr<SplitState> state_;
};

/// Writes the segments between the cuts, each with only the weights that it needs, and
/// manifest.json: FOLDER/segment-00.pt, …, or for Triton FOLDER/MODEL-00/1/model.pt and
/// FOLDER/MODEL-00/config.pbtxt. Each file replaces its predecessor in one step, the manifest last.
/// Throws Error(io), and Error(unsupported) when Triton cannot serve what a segment passes on.
SCISSION_EXPORT SegmentManifest write_segments(const SplitModel& model,
                                               const std::vector<Cut>& cuts,
                                               const std::filesystem::path& folder,
                                               const WriteOptions& options = {});

/// Runs the model that `load` returns, releases it, then runs the segments' files one after the
/// other, and compares the results bit for bit. At most one of them is in memory at a time. Two
/// inputs are run twice each, in both orders, so that state which the model keeps is seen; tensors
/// pass from segment to segment as the bytes that cross a network; random numbers are drawn alike.
/// A model with early exits runs on ten inputs, so that more of their sides are taken.
/// Throws Error(damaged) when a file differs from the one in the manifest.
SCISSION_EXPORT std::vector<BatchComparison> verify_segments(
    const std::filesystem::path& folder, const std::function<torch::jit::Module()>& load,
    const VerifyOptions& options);

}  // namespace scission::torchscript
