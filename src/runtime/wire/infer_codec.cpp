// Encoding copies no tensor. Decoding copies raw contents once, from the pieces that arrived into a
// contiguous block; headers twice, here and by protobuf; typed contents twice, here and on
// decoding.
#include "runtime/wire/infer_codec.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "base/require.hpp"
#include "inference.pb.h"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using inference::InferParameter;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

void set_value(InferParameter& to, bool value) { to.set_bool_param(value); }
void set_value(InferParameter& to, std::int64_t value) { to.set_int64_param(value); }
void set_value(InferParameter& to, const std::string& value) { to.set_string_param(value); }
void set_value(InferParameter& to, double value) { to.set_double_param(value); }
void set_value(InferParameter& to, std::uint64_t value) { to.set_uint64_param(value); }

template <typename Field>
void add_tensor(const CodedTensor& coded, Field* field) {
  const Tensor& tensor = coded.tensor;
  field->set_name(tensor.name);
  field->set_datatype(protocol_type(tensor.dtype));
  field->mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
  if (!coded.codec.empty()) add_coding(coded, *field->mutable_parameters());
}

/// The message's tensors as they cross.
std::vector<CodedTensor> tensors_of(const InferMessage& message, CodingStats* figures) {
  CodingStats own;
  if (message.codec.empty()) {
    std::vector<CodedTensor> all;
    for (const Tensor& tensor : message.tensors) all.push_back({"", tensor, "", {}});
    return all;
  }
  return code_tensors(find_codec(message.codec), message.tensors, message.ready,
                      figures != nullptr ? *figures : own);
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
grpc::ByteBuffer join(std::string head, const std::vector<CodedTensor>& tensors, int raw_field) {
  std::vector<grpc::Slice> slices;
  slices.reserve(2 * tensors.size() + 1);
  for (const CodedTensor& coded : tensors) {
    const Tensor& tensor = coded.tensor;
    append_prefix(raw_field, tensor.bytes.size, head);
    if (tensor.bytes.size == 0) continue;
    slices.emplace_back(head);
    head.clear();
    slices.push_back(make_slice(tensor.bytes));
  }
  if (!head.empty()) slices.emplace_back(head);
  return {slices.data(), slices.size()};
}

constexpr std::size_t max_header_bytes = std::size_t{1} << 20;
constexpr int tensor_field = ModelInferRequest::kInputsFieldNumber;
constexpr int contents_field = ModelInferRequest::InferInputTensor::kContentsFieldNumber;
static_assert(ModelInferResponse::kOutputsFieldNumber == tensor_field);
static_assert(ModelInferResponse::InferOutputTensor::kContentsFieldNumber == contents_field);

[[noreturn]] void throw_malformed() {
  throw_invalid_argument("is not a message of the protocol, or is truncated");
}

bool is_length_delimited(std::uint32_t tag, int field) {
  return tag == WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

int message_length(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  const std::int64_t max_bytes =
      std::min<std::int64_t>(limits.bytes, std::numeric_limits<int>::max());
  const std::size_t length = buffer.Length();
  if (length <= static_cast<std::size_t>(max_bytes)) return static_cast<int>(length);
  throw_invalid_argument(
      fmt::format("the message has {} bytes; the limit is {}", length, max_bytes));
}

/// A message split into protobuf's part and the tensors' bytes.
struct MessageParts {
  std::string header;              ///< the message without contents, to be parsed by protobuf
  std::vector<std::string> typed;  ///< each tensor's InferTensorContents, serialised
  std::vector<SharedBytes> raw;    ///< the raw contents, in order
};

class MessageSplitter {
 public:
  MessageSplitter(const grpc::ByteBuffer& buffer, const MessageLimits& limits, int raw_field)
      : limits_(limits), raw_field_(raw_field), buffer_(buffer), pieces_(&buffer_), in_(&pieces_) {
    in_.SetTotalBytesLimit(std::numeric_limits<int>::max());
    (void)in_.PushLimit(message_length(buffer, limits));
  }

  MessageParts run() {
    while (in_.BytesUntilLimit() > 0) split_field(read_tag());
    return std::move(parts_);
  }

 private:
  std::uint32_t read_tag() {
    const std::uint32_t tag = in_.ReadTag();
    if (tag == 0) throw_malformed();
    return tag;
  }

  /// The length of a field, all of whose bytes are there.
  int read_length() {
    int length = 0;
    if (!in_.ReadVarintSizeAsInt(&length) || length > in_.BytesUntilLimit()) throw_malformed();
    return length;
  }

  void split_field(std::uint32_t tag) {
    if (is_length_delimited(tag, raw_field_)) {
      split_raw();
    } else if (is_length_delimited(tag, tensor_field)) {
      split_tensor();
    } else {
      copy(tag, parts_.header);
    }
  }

  void validate_count(std::size_t count) const {
    if (count < static_cast<std::size_t>(limits_.tensors)) return;
    throw_invalid_argument(fmt::format("has more tensors than the limit of {}", limits_.tensors));
  }

  void split_raw() {
    validate_count(parts_.raw.size());
    const int length = read_length();
    if (length > limits_.tensor_bytes) {
      throw_invalid_argument(fmt::format("raw contents {} have {} bytes; the limit is {}",
                                         parts_.raw.size(), length, limits_.tensor_bytes));
    }
    TensorBlock block = allocate_block(static_cast<std::size_t>(length));
    if (!in_.ReadRaw(block.data, length)) throw_malformed();
    parts_.raw.push_back(std::move(block.bytes));
  }

  void split_tensor() {
    validate_count(parts_.typed.size());
    const CodedInputStream::Limit outer = in_.PushLimit(read_length());
    std::string header;
    std::string contents;
    while (in_.BytesUntilLimit() > 0) {
      const std::uint32_t tag = read_tag();
      if (is_length_delimited(tag, contents_field)) {
        // Protobuf merges repeated occurrences; concatenated bytes have the same meaning.
        append_bytes(read_length(), contents);
      } else {
        copy(tag, header);
      }
    }
    in_.PopLimit(outer);
    append_field(tensor_field, header, parts_.header);
    parts_.typed.push_back(std::move(contents));
  }

  void append_bytes(int length, std::string& to) {
    const std::size_t before = to.size();
    to.resize(before + static_cast<std::size_t>(length));
    if (!in_.ReadRaw(to.data() + before, length)) throw_malformed();
  }

  void count_header(std::size_t bytes) {
    header_bytes_ += bytes;
    if (header_bytes_ <= max_header_bytes) return;
    throw_invalid_argument(
        fmt::format("the fields other than tensors have more than {} bytes", max_header_bytes));
  }

  /// Copies a field unchanged.
  void copy(std::uint32_t tag, std::string& to) {
    count_header(sizeof tag);
    append_varint(tag, to);
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT:
        return copy_varint(to);
      case WireFormatLite::WIRETYPE_FIXED32:
        return append_bytes(4, to);
      case WireFormatLite::WIRETYPE_FIXED64:
        return append_bytes(8, to);
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return copy_bytes(to);
      default:
        throw_malformed();
    }
  }

  void copy_varint(std::string& to) {
    std::uint64_t value = 0;
    if (!in_.ReadVarint64(&value)) throw_malformed();
    count_header(sizeof value);
    append_varint(value, to);
  }

  void copy_bytes(std::string& to) {
    const int length = read_length();
    count_header(static_cast<std::size_t>(length));
    append_varint(static_cast<std::uint64_t>(length), to);
    append_bytes(length, to);
  }

  const MessageLimits& limits_;
  const int raw_field_;
  grpc::ByteBuffer buffer_;  // shares the pieces; gRPC's reader needs a mutable one
  grpc::ProtoBufferReader pieces_;
  CodedInputStream in_;
  MessageParts parts_;
  std::size_t header_bytes_ = 0;
};

/// `raw_field` is the number of the field with raw contents; the other numbers are the same in
/// requests and responses. The parts are no longer than the message. `limits` are enforced, and
/// the header must be below 1 MiB, because protobuf's objects take many times their size on the
/// wire. O(bytes). Throws Error(invalid_argument).
MessageParts split_message(const grpc::ByteBuffer& buffer, const MessageLimits& limits,
                           int raw_field) {
  if (!buffer.Valid()) throw_malformed();
  return MessageSplitter(buffer, limits, raw_field).run();
}

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
    throw_invalid_argument(
        fmt::format("has {} tensors and raw contents for {}; either all or none must be raw",
                    tensors, parts_.raw.size()));
  }

  /// `bytes` is the size by type and shape.
  SharedBytes of(std::size_t index, const std::string& datatype, std::size_t elements,
                 std::size_t bytes) {
    const std::string& typed = parts_.typed.at(index);
    if (is_raw_) {
      if (!typed.empty()) throw_invalid_argument("has typed contents beside the raw contents");
      return std::move(parts_.raw[index]);
    }
    count(bytes);
    return decode_typed_contents(typed, datatype, elements);
  }

 private:
  // Checked here too, because typed elements can be smaller in the message than in the tensor.
  void count(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(limits_.tensor_bytes)) {
      throw_invalid_argument(
          fmt::format("has {} bytes; the limit is {}", bytes, limits_.tensor_bytes));
    }
    total_ += bytes;
    if (total_ <= static_cast<std::size_t>(limits_.bytes)) return;
    throw_invalid_argument(
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
  validate_tensor(tensor);
  return tensor;
}

/// Errors get the tensor's name as place.
template <typename Field>
Tensor named_tensor(const Field& field, std::size_t index, Contents& contents) {
  try {
    return read_tensor(field, index, contents);
  } catch (const Error& error) {
    throw_invalid_argument(sanitise_line(error.message()), "tensor " + sanitise_line(field.name()));
  }
}

template <typename Fields>
void read_tensors(const Fields& fields, MessageParts parts, const MessageLimits& limits,
                  InferMessage& message) {
  Contents contents(std::move(parts), static_cast<std::size_t>(fields.size()), limits);
  CodedTensorReader coded(limits);
  std::set<std::string> names;
  for (const auto& field : fields) {
    Tensor tensor = named_tensor(field, message.tensors.size(), contents);
    message.tensors.push_back(coded.read(std::move(tensor), field.parameters()));
    if (field.name().empty() || names.insert(field.name()).second) continue;
    throw_invalid_argument("occurs twice", "tensor " + sanitise_line(field.name()));
  }
  message.decoding = coded.figures();
}

/// What a client asks for by a tensor's parameters, and would otherwise believe to have got.
template <typename Fields>
void refuse_extensions(const Fields& fields) {
  constexpr std::array<std::pair<const char*, const char*>, 2> extensions{{
      {"shared_memory_region", "shared memory is not supported; send and take the bytes"},
      {"classification", "class labels are not supported; take the numbers"},
  }};
  for (const auto& field : fields) {
    for (const auto& [name, message] : extensions) {
      if (field.parameters().count(name) == 0) continue;
      throw Error(ErrorCode::unsupported, message, "tensor " + sanitise_line(field.name()));
    }
  }
}

template <typename Header>
Header parse(const std::string& bytes) {
  Header header;
  // Otherwise protobuf writes to stderr for each message with text that is not UTF-8.
  const google::protobuf::LogSilencer silence;
  if (header.ParseFromString(bytes)) return header;
  throw_invalid_argument("is not a message of the protocol");
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

grpc::ByteBuffer encode_request(const InferMessage& message, CodingStats* figures) {
  auto header = common_header<ModelInferRequest>(message);
  const std::vector<CodedTensor> tensors = tensors_of(message, figures);
  for (const CodedTensor& tensor : tensors) add_tensor(tensor, header.add_inputs());
  for (const std::string& name : message.wanted_outputs) header.add_outputs()->set_name(name);
  return join(header.SerializeAsString(), tensors, ModelInferRequest::kRawInputContentsFieldNumber);
}

grpc::ByteBuffer encode_response(const InferMessage& message, CodingStats* figures) {
  auto header = common_header<ModelInferResponse>(message);
  const std::vector<CodedTensor> tensors = tensors_of(message, figures);
  for (const CodedTensor& tensor : tensors) add_tensor(tensor, header.add_outputs());
  return join(header.SerializeAsString(), tensors,
              ModelInferResponse::kRawOutputContentsFieldNumber);
}

InferMessage decode_request(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts =
      split_message(buffer, limits, ModelInferRequest::kRawInputContentsFieldNumber);
  const auto header = parse<ModelInferRequest>(parts.header);
  InferMessage message = read_common(header);
  refuse_extensions(header.inputs());
  refuse_extensions(header.outputs());
  read_tensors(header.inputs(), std::move(parts), limits, message);
  for (const auto& output : header.outputs()) message.wanted_outputs.push_back(output.name());
  return message;
}

InferMessage decode_response(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  MessageParts parts =
      split_message(buffer, limits, ModelInferResponse::kRawOutputContentsFieldNumber);
  const auto header = parse<ModelInferResponse>(parts.header);
  InferMessage message = read_common(header);
  read_tensors(header.outputs(), std::move(parts), limits, message);
  return message;
}

}  // namespace scission::runtime
