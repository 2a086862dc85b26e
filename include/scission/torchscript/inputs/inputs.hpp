// Inputs of TorchScript models: random tensors, files of torch.save(), and how forward() takes
// them.
#pragma once

#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/torchscript/common/module.hpp"

namespace scission::torchscript {

/// One tensor for each spec that is no number, drawn in order from a separate generator of LibTorch
/// with the given seed. Floating-point elements are standard normal, integers uniform in
/// lowest…below − 1. A tensor from a file is repeated or shortened along its batch dimension to the
/// spec's shape. Throws Error(invalid_argument) as validate_inputs() does, and on more elements
/// than fit into memory.
SCISSION_EXPORT std::vector<at::Tensor> random_inputs(const InputOptions& options);

/// Reads .pt files of torch.save(): a tensor, a number, or tuples, lists and dicts of them; for
/// read_input_files(). Throws Error(not_found | damaged | unsupported) with the file as place.
SCISSION_EXPORT InputFileReader tensor_file_reader();

/// Lets forward() take the tensors of these inputs one after the other, where an input has a name
/// or is a number: its tuples, lists and dicts are built from them inside, and numbers and
/// arguments that are not given become constants. Does nothing for inputs without names. Names from
/// files count where they are arguments of forward(), or entries of its only one.
/// Throws Error(mismatch | unsupported) with `place` where the inputs are not those of forward().
SCISSION_EXPORT void bind_inputs(torch::jit::Module& module, const std::vector<InputSpec>& inputs,
                                 const std::string& place);

}  // namespace scission::torchscript
