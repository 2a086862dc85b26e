// A message of ModelInfer split into protobuf's part and the tensors' bytes.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <vector>

#include "scission/model/tensor.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

struct MessageParts {
  std::string header;              ///< the message without contents, to be parsed by protobuf
  std::vector<std::string> typed;  ///< each tensor's InferTensorContents, serialised
  std::vector<SharedBytes> raw;    ///< the raw contents, in order
};

/// `raw_field` is the number of the field with raw contents; the other numbers are the same in
/// requests and responses. The parts are no longer than the message. `limits` are enforced, and
/// the header must be below 1 MiB, because protobuf's objects take many times their size on the
/// wire. O(bytes). Throws Error(invalid_argument).
MessageParts split_message(const grpc::ByteBuffer& buffer, const MessageLimits& limits,
                           int raw_field);

}  // namespace scission::runtime
