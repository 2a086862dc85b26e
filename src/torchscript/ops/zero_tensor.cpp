#include "torchscript/ops/zero_tensor.hpp"

#include <sys/mman.h>

#include <cstddef>

#include "scission/base/error.hpp"

namespace scission::torchscript {
namespace {

// Below it a mapping of its own would cost more than writing the zeros.
constexpr std::size_t smallest_mapping = std::size_t{64} << 10;

std::size_t bytes_spanned(at::IntArrayRef sizes, at::IntArrayRef strides, std::size_t element) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    last += (sizes[i] - 1) * strides[i];
  }
  return static_cast<std::size_t>(last + 1) * element;
}

// calloc would not do: LibTorch and the C library's allocator both write zeros over memory that
// was used before.
void* map_zeros(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) {
    throw Error(ErrorCode::io,
                "no address space for a tensor of " + std::to_string(bytes) + " bytes");
  }
  return memory;
}

}  // namespace

at::Tensor zero_tensor(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type) {
  const at::TensorOptions options = at::TensorOptions().dtype(type).device(at::kCPU);
  const std::size_t bytes = bytes_spanned(sizes, strides, c10::elementSize(type));
  if (bytes < smallest_mapping) return at::empty_strided(sizes, strides, options).zero_();
  void* memory = map_zeros(bytes);
  return at::from_blob(
      memory, sizes, strides, [bytes](void* mapped) { munmap(mapped, bytes); }, options);
}

}  // namespace scission::torchscript
