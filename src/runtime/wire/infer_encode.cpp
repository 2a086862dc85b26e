// Tensors to messages.
//
// Copies: none of a tensor's bytes. The message is a chain of slices: the header, made by
// protobuf, and for each tensor its field's tag and length, and a slice that refers to the
// tensor's own memory and keeps its owner.
#include <grpcpp/support/slice.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "inference.pb.h"
#include "runtime/wire/infer_codec.hpp"
#include "runtime/wire/refer_to.hpp"
#include "runtime/wire/wire_text.hpp"

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

/// What requests and responses have in common but for the tensors.
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

grpc::ByteBuffer join(std::string head, const std::vector<Tensor>& tensors, int raw_field) {
  std::vector<grpc::Slice> slices;
  slices.reserve(2 * tensors.size() + 1);
  for (const Tensor& tensor : tensors) {
    append_prefix(raw_field, tensor.bytes.size, head);
    if (tensor.bytes.size == 0) continue;
    slices.emplace_back(head);
    head.clear();
    slices.push_back(refer_to(tensor.bytes));
  }
  if (!head.empty()) slices.emplace_back(head);
  return {slices.data(), slices.size()};
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

}  // namespace scission::runtime
