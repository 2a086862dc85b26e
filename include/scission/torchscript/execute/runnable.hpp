// TorchScript models as Runnables: read, split at their cuts, ready to be timed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "scission/backend/runnable.hpp"
#include "scission/base/export.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"
#include "scission/torchscript/split/split.hpp"

namespace scission::torchscript {

/// How a model runs.
struct SCISSION_EXPORT RunOptions {
  std::string device = "cpu";  ///< or cuda:0; nothing of the model stays elsewhere
  /// LibTorch's optimisations for frozen graphs, for the whole model and for each block by itself:
  /// batch norms go into the convolutions before them. Numbers change in the last digits, so the
  /// chain is held against the whole within 10⁻³ instead of bit for bit.
  bool optimize = false;
};

/// One block between any two neighbouring cuts of the model, to be run on its inputs. The whole
/// model and the blocks share its weights.
/// Throws Error(invalid_argument | unsupported) on a device that is none or is not here.
SCISSION_EXPORT std::unique_ptr<Runnable> make_runnable(const SplitModel& model,
                                                        const RunOptions& run = {});

/// The same for SplitModel(module, name, inputs, options). Throws as it does.
SCISSION_EXPORT std::unique_ptr<Runnable> make_runnable(const torch::jit::Module& module,
                                                        const std::string& name,
                                                        std::vector<at::Tensor> inputs,
                                                        const SplitOptions& options = {},
                                                        const RunOptions& run = {});

}  // namespace scission::torchscript
