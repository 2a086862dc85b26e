// Tensors as bytes: what crosses between machines and backends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// Bytes that `owner` keeps alive and nobody changes: handing them on copies nothing.
struct SCISSION_EXPORT SharedBytes {
  std::shared_ptr<const void> owner;
  const char* data = nullptr;
  std::size_t size = 0;

  std::string_view view() const { return {data, size}; }  ///< while `owner` lives
};

/// The string's bytes, moved, not copied, into memory aligned as `new` aligns it.
SCISSION_EXPORT SharedBytes share(std::string bytes);

/// A dense tensor: its elements one after the other, the last dimension's fastest, each in
/// little-endian order.
struct SCISSION_EXPORT Tensor {
  std::string name;
  std::string dtype;                ///< NumPy's word: "float32", "int64", "bool", "bfloat16"
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  SharedBytes bytes;
};

/// What one element takes. Throws Error(unsupported) on a type without elements of one size.
SCISSION_EXPORT std::size_t element_bytes(std::string_view dtype);

/// What a tensor's bytes must be in number: element_bytes() × the shape's product.
/// Throws Error(invalid_argument) on a negative dimension and on a product above 2⁶² bytes.
SCISSION_EXPORT std::size_t tensor_bytes(std::string_view dtype,
                                         const std::vector<std::int64_t>& shape);

/// Throws as tensor_bytes() does, and Error(invalid_argument) when the bytes are another number;
/// the tensor's name is the place.
SCISSION_EXPORT void check_tensor(const Tensor& tensor);

}  // namespace scission
