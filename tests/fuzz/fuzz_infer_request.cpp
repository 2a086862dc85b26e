// Any bytes at all are a message of ModelInfer or an Error, never anything else, and take no more
// memory than the limits allow. The first byte says how large the pieces are that they come in.
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "runtime/wire/infer_codec.hpp"
#include "scission/base.hpp"

namespace {

using scission::runtime::InferMessage;
using scission::runtime::MessageLimits;

grpc::ByteBuffer buffer_of(const std::uint8_t* data, std::size_t size) {
  const std::size_t piece = size == 0 ? 1 : data[0] % 32 + 1;
  std::vector<grpc::Slice> slices;
  for (std::size_t at = 0; at < size; at += piece) {
    slices.emplace_back(data + at, std::min(piece, size - at));
  }
  return {slices.data(), slices.size()};
}

MessageLimits small_limits() {
  MessageLimits limits;
  limits.bytes = 1 << 16;
  limits.tensor_bytes = 1 << 12;
  limits.tensors = 16;
  return limits;
}

/// What was read is in order, and reads again; an Error here is not the sender's fault.
void check(const InferMessage& message) noexcept {
  for (const scission::Tensor& tensor : message.tensors) scission::validate_tensor(tensor);
  const InferMessage again = decode_request(encode_request(message), MessageLimits{});
  if (again.tensors.size() != message.tensors.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const grpc::ByteBuffer buffer = buffer_of(data, size);
  try {
    check(decode_request(buffer, small_limits()));
  } catch (const scission::Error&) {
  }
  try {
    check(decode_response(buffer, small_limits()));
  } catch (const scission::Error&) {
  }
  return 0;
}
