// The tensors inside what a model passes around: tensors, and tuples, lists and dicts of them.
#pragma once

#include <torch/script.h>

#include <string>
#include <vector>

#include "scission/base/export.hpp"

// For our own tools, which share this with the library.
namespace scission::torchscript {

/// Every tensor in `value`, in order.
SCISSION_EXPORT std::vector<at::Tensor> tensors_in(const c10::IValue& value);

/// Same structure, and every tensor of the same type, shape and bytes: a NaN equals itself,
/// 0 and −0 differ. Strides may differ.
SCISSION_EXPORT bool bit_equal(const c10::IValue& a, const c10::IValue& b);

/// The same but for rounding: numbers differ by 10⁻³ of themselves and 10⁻⁴ of the largest at most.
SCISSION_EXPORT bool nearly_equal(const c10::IValue& a, const c10::IValue& b);

/// NumPy's word for a type: "float32", "int64", "bool".
SCISSION_EXPORT std::string dtype_name(at::ScalarType type);

}  // namespace scission::torchscript
