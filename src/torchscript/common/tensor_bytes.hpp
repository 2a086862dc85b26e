// LibTorch's tensors and ours, over the same memory.
#pragma once

#include <torch/script.h>

#include <string>

#include "scission/base/export.hpp"
#include "scission/model/tensor.hpp"

// For our own tools, which share this with the library.
namespace scission::torchscript {

/// The tensor's own memory, kept alive by the result.
/// Copies: none, but for a tensor that is not contiguous or not in memory of the processor's.
SCISSION_EXPORT Tensor to_bytes(const at::Tensor& tensor, std::string name);

/// A tensor over the bytes, which it keeps alive. It must not be written to.
/// Copies: none, but for bytes that do not begin where their type may.
/// Throws as check_tensor() does, and Error(unsupported) on a type that LibTorch does not have.
SCISSION_EXPORT at::Tensor from_bytes(const Tensor& tensor);

}  // namespace scission::torchscript
