// LibTorch's tensors: inside of other values, compared, and as tensors without LibTorch.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission::torchscript {

/// Every tensor in `value`, in order: itself, or those in a tuple, list or dict.
SCISSION_EXPORT std::vector<at::Tensor> tensors_in(const c10::IValue& value);

/// Whether there is a tensor in `value`.
bool holds_tensors(const c10::IValue& value);

/// Same structure, and every tensor of the same type, shape and bytes: a NaN equals itself,
/// 0 and −0 differ. Strides may differ.
SCISSION_EXPORT bool bit_equal(const c10::IValue& a, const c10::IValue& b);

/// The same up to rounding: elements differ by at most 10⁻³ of themselves and 10⁻⁴ of the largest.
SCISSION_EXPORT bool nearly_equal(const c10::IValue& a, const c10::IValue& b);

/// NumPy's name of a type: "float32", "int64", "bool".
SCISSION_EXPORT std::string dtype_name(at::ScalarType type);

/// The type of that name. Throws Error(unsupported) on one that LibTorch does not have.
at::ScalarType scalar_type(const std::string& dtype);

/// A tensor without LibTorch over the tensor's own memory, which it keeps alive.
/// Copies only a tensor that is not contiguous or not in the CPU's memory.
SCISSION_EXPORT Tensor to_bytes(const at::Tensor& tensor, std::string name);

/// A LibTorch tensor over the bytes, which it keeps alive. It must not be written to.
/// Copies only bytes that are not aligned for their type.
/// Throws as validate_tensor() does, and Error(unsupported) on a type that LibTorch does not have.
SCISSION_EXPORT at::Tensor from_bytes(const Tensor& tensor);

}  // namespace scission::torchscript
