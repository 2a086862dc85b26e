// The protocol's data types: their names, and elements listed one by one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// The protocol's name of a dtype, "FP32" for "float32", and back. BYTES has no dtype.
/// Throw Error(unsupported) on a type without a counterpart.
std::string protocol_type(const std::string& dtype);
std::string dtype_of(const std::string& protocol_type);

/// Decodes `count` elements of the protocol's type `datatype` from the bytes of an
/// InferTensorContents. One copy, from the message's encoding to the tensor's. O(count).
/// Throws Error(invalid_argument) on another number of elements (before memory is allocated if the
/// bytes cannot hold so many), on elements in another type's field or out of the type's range, on
/// types without a field (FP16, BF16) or size (BYTES), and on bytes that are not such a message.
SharedBytes decode_typed_contents(std::string_view contents, const std::string& datatype,
                                  std::size_t count);

}  // namespace scission::runtime
