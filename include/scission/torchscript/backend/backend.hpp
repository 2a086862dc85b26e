// LibTorch as one of the backends of a program.
#pragma once

#include "scission/base.hpp"

namespace scission::torchscript {

/// Adds LibTorch to the backends of this process: TorchScript files and the built-in models. Does
/// nothing where it is registered. Not thread-safe, as scission::register_backend().
SCISSION_EXPORT void register_backend();

}  // namespace scission::torchscript
