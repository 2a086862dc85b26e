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

/// Immutable bytes, kept alive by `owner`. Copies of this struct share them.
struct SCISSION_EXPORT SharedBytes {
  std::shared_ptr<const void> owner;
  const char* data = nullptr;
  std::size_t size = 0;

  std::string_view view() const { return {data, size}; }  ///< valid while `owner` lives
};

/// Takes over the string without copying; the memory is aligned as `new` aligns it.
SCISSION_EXPORT SharedBytes to_shared_bytes(std::string bytes);

/// A dense tensor in row-major order; elements are little-endian.
struct SCISSION_EXPORT Tensor {
  std::string name;
  std::string dtype;                ///< NumPy's name: "float32", "int64", "bool", "bfloat16"
  std::vector<std::int64_t> shape;  ///< empty for a scalar
  SharedBytes bytes;
};

/// Size of one element in bytes. Throws Error(unsupported) for a type without a fixed element size.
SCISSION_EXPORT std::size_t element_bytes(std::string_view dtype);

/// Size of a tensor in bytes: element_bytes() × product of the shape.
/// Throws Error(invalid_argument) for a negative dimension and for more than 2⁶² bytes.
SCISSION_EXPORT std::size_t tensor_bytes(std::string_view dtype,
                                         const std::vector<std::int64_t>& shape);

/// Throws what tensor_bytes() throws, and Error(invalid_argument) if the number of bytes differs
/// from it; the place is the tensor's name.
SCISSION_EXPORT void validate_tensor(const Tensor& tensor);

}  // namespace scission
