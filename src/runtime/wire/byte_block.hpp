// Memory for a tensor's bytes.
#pragma once

#include <cstddef>

#include "scission/model/tensor.hpp"

namespace scission::runtime {

/// Bytes that can be written until they are shared.
struct ByteBlock {
  SharedBytes bytes;
  char* data = nullptr;  ///< bytes.data, to write to
};

/// Uninitialised, aligned to 64 bytes as backends align their own tensors, so that their kernels
/// run the same code on both. Throws std::bad_alloc.
ByteBlock make_block(std::size_t size);

}  // namespace scission::runtime
