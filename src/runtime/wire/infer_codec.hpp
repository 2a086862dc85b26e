// The messages of ModelInfer as bytes, tensors uncopied where that can be.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "scission/model/tensor.hpp"
#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// An InferParameter.
using Parameter = std::variant<bool, std::int64_t, std::string, double, std::uint64_t>;

/// ModelInferRequest and ModelInferResponse have the same parts.
struct InferMessage {
  std::string model;
  std::string version;
  std::string id;
  std::map<std::string, Parameter> parameters;
  std::vector<Tensor> tensors;              ///< inputs, or outputs
  std::vector<std::string> wanted_outputs;  ///< of a request; empty: all
};

/// Raw contents follow a header; their bytes are referred to, not copied (the buffer keeps their
/// owners alive).
grpc::ByteBuffer encode_request(const InferMessage& message);
grpc::ByteBuffer encode_response(const InferMessage& message);

/// Raw or typed contents. Each raw tensor is copied once, from the pieces that the network left
/// into a block of its own.
/// Throws Error(invalid_argument) with the tensor's name as place on what is no such message,
/// on shapes that do not fit the bytes, unknown types, raw and typed contents together, two tensors
/// of a name, and on what is above the limits, before anything that large is allocated.
InferMessage decode_request(const grpc::ByteBuffer& buffer, const MessageLimits& limits);
InferMessage decode_response(const grpc::ByteBuffer& buffer, const MessageLimits& limits);

/// "FP32" for "float32", and back. BYTES has no counterpart.
/// Throw Error(unsupported) on what the other side does not know.
std::string protocol_type(const std::string& dtype);
std::string dtype_of(const std::string& protocol_type);

/// A request's parameter that holds its route: "edge1/net-01;cloud1/net-02", names
/// percent-encoded. decode_route() throws Error(invalid_argument).
inline constexpr const char* route_parameter = "scission_route";
/// Trailing metadata: a StageTiming for each stage, in order.
inline constexpr const char* stage_metadata = "scission-stage-bin";
/// Trailing metadata of a failure: the system where it happened.
inline constexpr const char* failed_metadata = "scission-failed-bin";

}  // namespace scission::runtime
