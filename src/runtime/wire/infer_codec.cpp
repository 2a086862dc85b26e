// Encoding copies no tensor. Decoding: message_parts.cpp counts the copies.
#include "runtime/wire/infer_codec.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/slice.h>

#include <set>
#include <utility>

#include "inference.pb.h"
#include "runtime/wire/byte_buffers.hpp"
#include "runtime/wire/datatypes.hpp"
#include "runtime/wire/message_parts.hpp"
#include "runtime/wire/status.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using inference::InferParameter;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

void set_value(InferParameter& to, bool value) { to.set_bool_param(value); }
void set_value(InferParameter& to, std::int64_t value) { to.set_int64_param(value); }
void set_value(InferParameter& to, const std::string& value) { to.set_string_param(value); }
void set_value(InferParameter& to, double value) { to.set_double_param(value); }
void set_value(InferParameter& to, std::uint64_t value) { to.set_uint64_param(value); }

template <typename Field>
void add_tensor(const Tensor& tensor, Field* field) {
  field->set_name(tensor.name);
  field->set_datatype(protocol_type(tensor.dtype));
  field->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
}

/// The fields common to requests and responses, without the tensors.
template <typename Header>
Header common_header(const InferMessage& message) {
  Header header;
  header.set_model_name(message.model);
  header.set_model_version(message.version);
  header.set_id(message.id);
  for (const auto& [name, parameter] : message.parameters) {
    InferParameter& to = (*header.mutable_parameters())[name];
    std::visit([&](const auto& value) { set_value(to, value); }, parameter);
  }
  return header;
}

/// A chain of slices: the header, and for each tensor its field's tag and length, and its memory.
grpc::ByteBuffer join(std::string head, const std::vector<Tensor>& tensors, int raw_field) {
  std::vector<grpc::Slice> slices;
  slices.reserve(2 * tensors.size() + 1);
  for (const Tensor& tensor : tensors) {
    append_prefix(raw_field, tensor.bytes.size, head);
    if (tensor.bytes.size == 0) continue;
    slices.emplace_back(head);
    head.clear();
    slices.push_back(make_slice(tensor.bytes));
  }
  if (!head.empty()) slices.emplace_back(head);
  return {slices.data(), slices.size()};
}

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
      break;  // a type of a later version of the protocol
  }
}

/// The tensors' bytes, in the tensors' order.
class Contents {
 public:
  Contents(MessageParts parts, std::size_t tensors, const MessageLimits& limits)
      : parts_(std::move(parts)), limits_(limits), is_raw_(!parts_.raw.empty()) {
    if (!is_raw_ || parts_.raw.size() == tensors) return;
    throw refusal(
        fmt::format("has {} tensors and raw contents for {}; either all or none must be raw",
                    tensors, parts_.raw.size()));
  }

  /// `bytes` is the size by type and shape.
  SharedBytes of(std::size_t index, const std::string& datatype, std::size_t elements,
                 std::size_t bytes) {
    const std::string& typed = parts_.typed.at(index);
    if (is_raw_) {
      if (!typed.empty()) throw refusal("has typed contents beside the raw contents");
      return std::move(parts_.raw[index]);
    }
    count(bytes);
    return decode_typed_contents(typed, datatype, elements);
  }

 private:
  // Checked here too, because typed elements can be smaller in the message than in the tensor.
  void count(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(limits_.tensor_bytes)) {
      throw refusal(fmt::format("has {} bytes; the limit is {}", bytes, limits_.tensor_bytes));
    }
    total_ += bytes;
    if (total_ <= static_cast<std::size_t>(limits_.bytes)) return;
    throw refusal(
        fmt::format("the tensors together have more bytes than the limit of {}", limits_.bytes));
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

/// Errors get the tensor's name as place.
template <typename Field>
Tensor named_tensor(const Field& field, std::size_t index, Contents& contents) {
  try {
    return read_tensor(field, index, contents);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_argument, sanitise_line(error.message()),
                "tensor " + sanitise_line(field.name()));
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
    throw Error(ErrorCode::invalid_argument, "occurs twice",
                "tensor " + sanitise_line(field.name()));
  }
  return tensors;
}

template <typename Header>
Header parse(const std::string& bytes) {
  Header header;
  // Otherwise protobuf writes to stderr for each message with text that is not UTF-8.
  const google::protobuf::LogSilencer silence;
  if (header.ParseFromString(bytes)) return header;
  throw refusal("is not a message of the protocol");
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

grpc::ByteBuffer encode_request(const InferMessage& message) {
  auto header = common_header<ModelInferRequest>(message);
  for (const Tensor& tensor : message.tensors) add_tensor(tensor, header.add_inputs());
  for (const std::string& name : message.wanted_outputs) header.add_outputs()->set_name(name);
  return join(header.SerializeAsString(), message.tensors,
              ModelInferRequest::kRawInputContentsFieldNumber);
}

grpc::ByteBuffer encode_response(const InferMessage& message) {
  auto header = common_header<ModelInferResponse>(message);
  for (const Tensor& tensor : message.tensors) add_tensor(tensor, header.add_outputs());
  return join(header.SerializeAsString(), message.tensors,
              ModelInferResponse::kRawOutputContentsFieldNumber);
}

InferMessage decode_request(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts =
      split_message(buffer, limits, ModelInferRequest::kRawInputContentsFieldNumber);
  const auto header = parse<ModelInferRequest>(parts.header);
  InferMessage message = read_common(header);
  message.tensors = read_tensors(header.inputs(), std::move(parts), limits);
  for (const auto& output : header.outputs()) message.wanted_outputs.push_back(output.name());
  return message;
}

InferMessage decode_response(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts =
      split_message(buffer, limits, ModelInferResponse::kRawOutputContentsFieldNumber);
  const auto header = parse<ModelInferResponse>(parts.header);
  InferMessage message = read_common(header);
  message.tensors = read_tensors(header.outputs(), std::move(parts), limits);
  return message;
}

}  // namespace scission::runtime
