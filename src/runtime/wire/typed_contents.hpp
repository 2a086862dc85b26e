// Tensors whose elements a message lists one by one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// `count` elements of the protocol's type `datatype` out of `contents`, the bytes of an
/// InferTensorContents. One copy, from the message's coding to the tensor's. O(count).
/// Throws Error(invalid_argument) on another number of elements, before memory for them is taken
/// where they cannot be there; on elements in another type's field or beyond the type's range; on
/// types that have no field (FP16, BF16) or no size (BYTES); and on what is no such message.
SharedBytes typed_bytes(std::string_view contents, const std::string& datatype, std::size_t count);

}  // namespace scission::runtime
