// Messages to tensors. message_parts.cpp counts the copies.
#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <cstdint>
#include <set>
#include <utility>

#include "inference.pb.h"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/message_parts.hpp"
#include "runtime/wire/one_line.hpp"
#include "runtime/wire/typed_contents.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

Error refusal(const std::string& message) { return {ErrorCode::invalid_argument, message}; }

void add_parameter(const std::string& name, const InferParameter& from,
                   std::map<std::string, Parameter>& to) {
  switch (from.parameter_choice_case()) {
    case InferParameter::kBoolParam:
      to.emplace(name, from.bool_param());
      break;
    case InferParameter::kInt64Param:
      to.emplace(name, std::int64_t{from.int64_param()});
      break;
    case InferParameter::kStringParam:
      to.emplace(name, from.string_param());
      break;
    case InferParameter::kDoubleParam:
      to.emplace(name, from.double_param());
      break;
    case InferParameter::kUint64Param:
      to.emplace(name, std::uint64_t{from.uint64_param()});
      break;
    case InferParameter::PARAMETER_CHOICE_NOT_SET:
      break;  // a kind of a later protocol
  }
}

/// Hands out the tensors' bytes, in the tensors' order.
class Contents {
 public:
  Contents(MessageParts parts, std::size_t tensors, const MessageLimits& limits)
      : parts_(std::move(parts)), limits_(limits), is_raw_(!parts_.raw.empty()) {
    if (!is_raw_ || parts_.raw.size() == tensors) return;
    throw refusal(fmt::format("has {} tensors and raw contents for {}: all or none are raw",
                              tensors, parts_.raw.size()));
  }

  /// `bytes` is what type and shape make.
  SharedBytes of(std::size_t index, const std::string& datatype, std::size_t elements,
                 std::size_t bytes) {
    const std::string& typed = parts_.typed.at(index);
    if (is_raw_) {
      if (!typed.empty()) throw refusal("has typed contents beside the raw ones");
      return std::move(parts_.raw[index]);
    }
    count(bytes);
    return typed_bytes(typed, datatype, elements);
  }

 private:
  // Typed elements can be smaller in the message than in the tensor.
  void count(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(limits_.tensor_bytes)) {
      throw refusal(fmt::format("has {} bytes; {} is the most here", bytes, limits_.tensor_bytes));
    }
    total_ += bytes;
    if (total_ <= static_cast<std::size_t>(limits_.bytes)) return;
    throw refusal(
        fmt::format("the tensors have more than {} bytes together, the most here", limits_.bytes));
  }

  MessageParts parts_;
  const MessageLimits& limits_;
  bool is_raw_;
  std::size_t total_ = 0;
};

template <typename Field>
Tensor read_tensor(const Field& field, std::size_t index, Contents& contents) {
  Tensor tensor;
  tensor.name = field.name();
  tensor.shape.assign(field.shape().begin(), field.shape().end());
  tensor.dtype = dtype_of(field.datatype());
  const std::size_t bytes = tensor_bytes(tensor.dtype, tensor.shape);
  tensor.bytes = contents.of(index, field.datatype(), bytes / element_bytes(tensor.dtype), bytes);
  check_tensor(tensor);
  return tensor;
}

/// What is wrong with a tensor has its name as place, whoever noticed.
template <typename Field>
Tensor named_tensor(const Field& field, std::size_t index, Contents& contents) {
  try {
    return read_tensor(field, index, contents);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument, one_line(error.message()),
                "tensor " + one_line(field.name()));
  }
}

template <typename Fields>
std::vector<Tensor> read_tensors(const Fields& fields, MessageParts parts,
                                 const MessageLimits& limits) {
  Contents contents(std::move(parts), static_cast<std::size_t>(fields.size()), limits);
  std::vector<Tensor> tensors;
  std::set<std::string> names;
  for (const auto& field : fields) {
    tensors.push_back(named_tensor(field, tensors.size(), contents));
    if (field.name().empty() || names.insert(field.name()).second) continue;
    throw Error(ErrorCode::invalid_argument, "is there twice", "tensor " + one_line(field.name()));
  }
  return tensors;
}

template <typename Header>
Header parse(const std::string& bytes) {
  Header header;
  // Protobuf would tell of text that is not UTF-8 on stderr, as often as someone sends it.
  const google::protobuf::LogSilencer silence;
  if (header.ParseFromString(bytes)) return header;
  throw refusal("is no message of the protocol");
}

template <typename Header>
InferMessage read_common(const Header& header) {
  InferMessage message;
  message.model = header.model_name();
  message.version = header.model_version();
  message.id = header.id();
  for (const auto& [name, value] : header.parameters()) {
    add_parameter(name, value, message.parameters);
  }
  return message;
}

}  // namespace

InferMessage decode_request(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts = take_apart(buffer, limits, ModelInferRequest::kRawInputContentsFieldNumber);
  const auto header = parse<ModelInferRequest>(parts.header);
  InferMessage message = read_common(header);
  message.tensors = read_tensors(header.inputs(), std::move(parts), limits);
  for (const auto& output : header.outputs()) message.wanted_outputs.push_back(output.name());
  return message;
}

InferMessage decode_response(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts =
      take_apart(buffer, limits, ModelInferResponse::kRawOutputContentsFieldNumber);
  const auto header = parse<ModelInferResponse>(parts.header);
  InferMessage message = read_common(header);
  message.tensors = read_tensors(header.outputs(), std::move(parts), limits);
  return message;
}

}  // namespace scission::runtime
