// A message of ModelInfer taken apart as far as its tensors' bytes need it.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

#include "scission/model/tensor.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

struct MessageParts {
  std::string header;              ///< the message without contents, for protobuf to read
  std::vector<std::string> typed;  ///< of each tensor, the bytes of its InferTensorContents
  std::vector<SharedBytes> raw;    ///< the raw contents, in order
};

/// `raw_field` is the number of the field with raw contents; the other numbers that matter are the
/// same in requests and responses. What comes back is checked to be no more than the message was
/// long: `limits` are kept to, and the header is below a mebibyte, because protobuf's objects take
/// many times what they took on the wire. O(bytes).
/// Throws Error(invalid_argument).
MessageParts take_apart(const grpc::ByteBuffer& buffer, const MessageLimits& limits, int raw_field);

}  // namespace scission::runtime
