// Which of its inputs a module writes into.
#pragma once

#include <torch/script.h>

#include <vector>

namespace scission::torchscript {

/// For every argument of forward(), whether something in the code may write into its memory, also
/// through a view of it: relu_() on what comes in, as many models have it after a cut. True
/// where the code does not tell.
std::vector<bool> written_inputs(const torch::jit::Module& module);

}  // namespace scission::torchscript
