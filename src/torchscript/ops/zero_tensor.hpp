// Tensors that look made and are not.
#pragma once

#include <torch/script.h>

#include <string>

namespace scission::torchscript {

/// Zeros on the CPU of these extents, strides and type. From a few pages on, the memory comes
/// straight from the system, which gives a page only when it is written: O(1) time and memory.
/// Throws Error(io) when the system refuses the address space.
at::Tensor zero_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type);

}  // namespace scission::torchscript
