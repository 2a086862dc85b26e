// Encoding and decoding of the messages of ModelInfer, without copies of tensors where possible.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "runtime/wire/coded_tensors.hpp"
#include "scission/model.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace scission::runtime {

/// An InferParameter.
using Parameter = std::variant<bool, std::int64_t, std::string, double, std::uint64_t>;

/// The parts of a ModelInferRequest or a ModelInferResponse.
struct InferMessage {
  std::string model;
  std::string version;
  std::string id;
  std::map<std::string, Parameter> parameters;
  std::vector<Tensor> tensors;              ///< inputs, or outputs
  std::vector<std::string> wanted_outputs;  ///< of a request only; empty: all
  /// That tensors are encoded by; empty: they cross as they are, as where it is not registered.
  std::string codec = {};
  std::vector<CodedTensor> ready = {};  ///< see code_tensors()
  CodingStats decoding = {};            ///< of a message that was decoded
};

/// Raw contents follow a header. The buffer refers to the tensors' bytes without copying them, and
/// keeps their owners alive. What InferMessage::codec takes is added to `figures`; may be null.
grpc::ByteBuffer encode_request(const InferMessage& message, CodingStats* figures = nullptr);
grpc::ByteBuffer encode_response(const InferMessage& message, CodingStats* figures = nullptr);

/// Read raw or typed contents. Each raw tensor is copied once, from the pieces that arrived into a
/// separate block; coded tensors are decoded.
/// Throw Error(invalid_argument) with the tensor's name as place on bytes that are not such a
/// message, shapes that do not fit the bytes, unknown types, raw and typed contents together, two
/// tensors of the same name, and when a limit is exceeded, before memory of that size is allocated;
/// Error(unsupported) on a tensor in shared memory, on a request for class labels, and on a codec
/// that is not known here.
InferMessage decode_request(const grpc::ByteBuffer& buffer, const MessageLimits& limits);
InferMessage decode_response(const grpc::ByteBuffer& buffer, const MessageLimits& limits);

}  // namespace scission::runtime
