#include "torchscript/common/tensor_bytes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "scission/base/error.hpp"
#include "torchscript/common/tensors.hpp"

namespace scission::torchscript {
namespace {

at::ScalarType type_of(const std::string& dtype) {
  constexpr std::array types{at::kBool, at::kByte, at::kChar,     at::kShort, at::kInt,
                             at::kLong, at::kHalf, at::kBFloat16, at::kFloat, at::kDouble};
  const auto* const found = std::find_if(
      types.begin(), types.end(), [&](at::ScalarType type) { return dtype_name(type) == dtype; });
  if (found != types.end()) return *found;
  throw Error(ErrorCode::unsupported, fmt::format("LibTorch has no tensors of {}", dtype));
}

}  // namespace

Tensor to_bytes(const at::Tensor& tensor, std::string name) {
  const auto owner = std::make_shared<const at::Tensor>(tensor.to(at::kCPU).contiguous());
  return {std::move(name), dtype_name(owner->scalar_type()), owner->sizes().vec(),
          SharedBytes{owner, static_cast<const char*>(owner->data_ptr()), owner->nbytes()}};
}

at::Tensor from_bytes(const Tensor& tensor) {
  check_tensor(tensor);
  const at::ScalarType type = type_of(tensor.dtype);
  if (tensor.bytes.size == 0) return at::empty(tensor.shape, type);
  // LibTorch's type does not say that memory is not written to; who runs models sees to it.
  const at::Tensor view = at::from_blob(
      const_cast<char*>(tensor.bytes.data), tensor.shape,
      [owner = tensor.bytes.owner](void*) mutable { owner.reset(); }, type);
  const auto address = reinterpret_cast<std::uintptr_t>(tensor.bytes.data);
  return address % c10::elementSize(type) == 0 ? view : view.clone();
}

}  // namespace scission::torchscript
