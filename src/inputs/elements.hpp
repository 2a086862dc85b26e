// Elements of tensors as numbers.
#pragma once

#include <cstddef>
#include <string_view>

#include "scission/base.hpp"
#include "scission/model.hpp"

namespace scission {

/// Element `i`, which the tensor must have.
using ReadElement = double (*)(const Tensor& tensor, std::size_t i);

/// Null unless the type is floating-point: float16, bfloat16, float32 or float64.
SCISSION_EXPORT ReadElement float_reader(std::string_view dtype);

/// Those, integers and bool; null for complex types.
SCISSION_EXPORT ReadElement number_reader(std::string_view dtype);

}  // namespace scission
