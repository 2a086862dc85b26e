// TorchScript models as layers, cuts and segments. docs/splitting.md tells how it works.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/cuts.hpp"
#include "scission/model/model_graph.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"

namespace scission::torchscript {

/// What counts as one layer.
enum class Grain {
  operation,  ///< each operation
  layer,      ///< each leaf submodule, and each operation outside of one
  block,      ///< each innermost submodule that holds others and is more than a list of them: a
              ///< residual block, an encoder layer; what is in none, as `layer`
};

/// "op", "layer", "block", and back; Error(invalid_argument) that lists them otherwise.
SCISSION_EXPORT std::string to_string(Grain grain);
SCISSION_EXPORT Grain parse_grain(std::string_view text);

/// Where a model may be cut, and in which order its layers run.
struct SCISSION_EXPORT SplitOptions {
  CutKind cuts = CutKind::single;
  Grain grain = Grain::layer;
  /// Unless given: compact for frontier cuts, the file's for the other kinds.
  std::optional<LayerOrder> order = std::nullopt;
};

/// A model that was read for one input shape, and where it can be cut.
///
/// The weights are the module's own, not copies.
class SCISSION_EXPORT SplitModel {
 public:
  /// Puts the module into eval mode and walks through its code once with tensors of the inputs'
  /// shapes; none of LibTorch's optimisations is applied.
  ///
  /// Throws Error(unsupported) when the model changes state of its own while it runs, was traced
  /// in training mode, or takes anything but tensors, and Error(mismatch) when it does not run on
  /// such inputs.
  SplitModel(const torch::jit::Module& module, const std::string& name,
             std::vector<at::Tensor> inputs, const SplitOptions& options = {});
  ~SplitModel();
  SplitModel(SplitModel&&) noexcept;             ///< the one moved from is for destroying only
  SplitModel& operator=(SplitModel&&) noexcept;  ///< the same

  const ModelGraph& graph() const;                ///< its layers, in the order that was taken
  const CutList& cuts() const;                    ///< where it can be cut, and what crosses there
  const SplitOptions& options() const;            ///< with the order that was taken
  const std::vector<at::Tensor>& inputs() const;  ///< as given

  /// One module a segment between neighbouring cuts, which are some of cuts() and end with the
  /// last. forward() takes what crosses the cut before, tensor by tensor, and returns what crosses
  /// the cut after: one tensor by itself, several as a tuple; the last one returns what the model
  /// does. Weights are attributes, shared with the model.
  std::vector<torch::jit::Module> segments(const std::vector<Cut>& cuts) const;

  /// Whether segments at these cuts run on any batch that the model runs on: numbers that depend
  /// on the batch are computed again from what crosses, as far as a second batch size shows how.
  bool runs_on_any_batch(const std::vector<Cut>& cuts) const;

  class Impl;
  const Impl& impl() const { return *impl_; }  ///< for the library itself

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace scission::torchscript
