// TorchScript models as Runnables: read, split at their cuts, ready to be timed.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>
#include <vector>

#include "scission/runnable.hpp"
#include "scission/torchscript/split.hpp"

namespace scission::torchscript {

/// One block between any two neighbouring cuts of the model, to be run on its inputs. The whole
/// model and the blocks share its weights.
std::unique_ptr<Runnable> make_runnable(const SplitModel& model);

/// The same for SplitModel(module, name, inputs, options). Throws as it does.
std::unique_ptr<Runnable> make_runnable(torch::jit::Module module, const std::string& name,
                                        std::vector<at::Tensor> inputs,
                                        const SplitOptions& options = {});

}  // namespace scission::torchscript
