// The description of a built-in model as a module.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>

#include "zoo/models.hpp"

namespace scission::torchscript {

/// The model as a module in evaluation mode: a submodule for each layer but the input.
///
/// A layer's class is __torch__.scission.TYPE; layers of one type that compute alike share it,
/// others get a class under a mangled namespace, as TorchScript's own compiler does.
torch::jit::Module compile(const zoo::ModelSpec& spec, std::uint64_t seed);

}  // namespace scission::torchscript
