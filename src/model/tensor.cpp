#include "scission/model/tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/require.hpp"

namespace scission {
namespace {

using ElementType = std::pair<std::string_view, std::size_t>;

constexpr std::array<ElementType, 13> element_types{{{"bool", 1},
                                                     {"uint8", 1},
                                                     {"uint16", 2},
                                                     {"uint32", 4},
                                                     {"uint64", 8},
                                                     {"int8", 1},
                                                     {"int16", 2},
                                                     {"int32", 4},
                                                     {"int64", 8},
                                                     {"float16", 2},
                                                     {"bfloat16", 2},
                                                     {"float32", 4},
                                                     {"float64", 8}}};

}  // namespace

SharedBytes to_shared_bytes(std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  return {owner, owner->data(), owner->size()};
}

std::size_t element_bytes(std::string_view dtype) {
  const auto* const found =
      std::find_if(element_types.begin(), element_types.end(),
                   [&](const ElementType& type) { return type.first == dtype; });
  if (found != element_types.end()) return found->second;
  throw Error(ErrorCode::unsupported,
              fmt::format("'{}' is not a type with a fixed element size", dtype));
}

std::size_t tensor_bytes(std::string_view dtype, const std::vector<std::int64_t>& shape) {
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  std::uint64_t bytes = element_bytes(dtype);
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) {
      throw_invalid_argument(fmt::format("dimension {} is below 0", dimension));
    }
  }
  // A dimension of 0 makes the tensor empty, regardless of the others.
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  for (const std::int64_t dimension : shape) {
    if (static_cast<std::uint64_t>(dimension) > most / bytes) {
      throw_invalid_argument("the shape exceeds 2^62 bytes");
    }
    bytes *= static_cast<std::uint64_t>(dimension);
  }
  return bytes;
}

void check_tensor(const Tensor& tensor) {
  try {
    const std::size_t wanted = tensor_bytes(tensor.dtype, tensor.shape);
    if (wanted == tensor.bytes.size) return;
    throw_invalid_argument(
        fmt::format("has {} bytes where its type and shape need {}", tensor.bytes.size, wanted));
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), "tensor " + tensor.name);
  }
}

}  // namespace scission
