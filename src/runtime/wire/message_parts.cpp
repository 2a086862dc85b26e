// Copies: raw contents once, from the pieces that arrived into a contiguous block; headers twice,
// here and by protobuf; typed contents twice, here and on decoding.
#include "runtime/wire/message_parts.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "inference.pb.h"
#include "runtime/wire/byte_buffers.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using Request = inference::ModelInferRequest;
using Response = inference::ModelInferResponse;

constexpr std::size_t max_header_bytes = std::size_t{1} << 20;
constexpr int tensor_field = Request::kInputsFieldNumber;
constexpr int contents_field = Request::InferInputTensor::kContentsFieldNumber;
static_assert(Response::kOutputsFieldNumber == tensor_field);
static_assert(Response::InferOutputTensor::kContentsFieldNumber == contents_field);

Error refusal(const std::string& message) { return {ErrorCode::invalid_argument, message}; }
Error malformed() { return refusal("is not a message of the protocol, or is truncated"); }

bool is_length_delimited(std::uint32_t tag, int field) {
  return tag == WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

int message_length(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  const std::int64_t max_bytes =
      std::min<std::int64_t>(limits.bytes, std::numeric_limits<int>::max());
  const std::size_t length = buffer.Length();
  if (length <= static_cast<std::size_t>(max_bytes)) return static_cast<int>(length);
  throw refusal(fmt::format("the message has {} bytes; the limit is {}", length, max_bytes));
}

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
    if (tag == 0) throw malformed();
    return tag;
  }

  /// The length of a field, all of whose bytes are there.
  int read_length() {
    int length = 0;
    if (!in_.ReadVarintSizeAsInt(&length) || length > in_.BytesUntilLimit()) throw malformed();
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

  void check_count(std::size_t count) const {
    if (count < static_cast<std::size_t>(limits_.tensors)) return;
    throw refusal(fmt::format("has more tensors than the limit of {}", limits_.tensors));
  }

  void split_raw() {
    check_count(parts_.raw.size());
    const int length = read_length();
    if (length > limits_.tensor_bytes) {
      throw refusal(fmt::format("raw contents {} have {} bytes; the limit is {}", parts_.raw.size(),
                                length, limits_.tensor_bytes));
    }
    TensorBlock block = allocate_block(static_cast<std::size_t>(length));
    if (!in_.ReadRaw(block.data, length)) throw malformed();
    parts_.raw.push_back(std::move(block.bytes));
  }

  void split_tensor() {
    check_count(parts_.typed.size());
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
    if (!in_.ReadRaw(to.data() + before, length)) throw malformed();
  }

  void count_header(std::size_t bytes) {
    header_bytes_ += bytes;
    if (header_bytes_ <= max_header_bytes) return;
    throw refusal(
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
        throw malformed();
    }
  }

  void copy_varint(std::string& to) {
    std::uint64_t value = 0;
    if (!in_.ReadVarint64(&value)) throw malformed();
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

}  // namespace

MessageParts split_message(const grpc::ByteBuffer& buffer, const MessageLimits& limits,
                           int raw_field) {
  if (!buffer.Valid()) throw malformed();
  return MessageSplitter(buffer, limits, raw_field).run();
}

}  // namespace scission::runtime
