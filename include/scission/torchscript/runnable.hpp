// TorchScript models as Runnables: read, split at their single-tensor cuts, ready to be timed.
#pragma once

#include <torch/script.h>

#include <memory>
#include <string>

#include "scission/runnable.hpp"

namespace scission::torchscript {

/// Splits `module` for the given input, which is run through it once to learn every shape.
///
/// The module is put into eval mode and frozen, without optimisations that change its numbers.
/// The whole model and the blocks share its weights. docs/splitting.md tells how it works.
///
/// Throws Error(unsupported) when forward() takes anything but one tensor, or when the model
/// changes state of its own while it runs, and Error(mismatch) when it does not run on `input`.
std::unique_ptr<Runnable> make_runnable(torch::jit::Module module, const std::string& name,
                                        at::Tensor input);

}  // namespace scission::torchscript
