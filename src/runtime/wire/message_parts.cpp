// Copies: raw contents once, from the pieces that the network left into a block of their own;
// headers twice, here and by protobuf; typed contents twice, here and when they become tensors.
#include "runtime/wire/message_parts.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "inference.pb.h"
#include "runtime/wire/byte_block.hpp"
#include "runtime/wire/wire_text.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using Request = inference::ModelInferRequest;
using Response = inference::ModelInferResponse;

constexpr std::size_t most_header_bytes = std::size_t{1} << 20;
constexpr int tensor_field = Request::kInputsFieldNumber;
constexpr int contents_field = Request::InferInputTensor::kContentsFieldNumber;
static_assert(Response::kOutputsFieldNumber == tensor_field);
static_assert(Response::InferOutputTensor::kContentsFieldNumber == contents_field);

Error refusal(const std::string& message) { return {ErrorCode::invalid_argument, message}; }
Error damage() { return refusal("is no message of the protocol, or ends too early"); }

bool is_bytes(std::uint32_t tag, int field) {
  return tag == WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

int message_length(const grpc::ByteBuffer& buffer, const MessageLimits& limits) {
  const std::int64_t most = std::min<std::int64_t>(limits.bytes, std::numeric_limits<int>::max());
  const std::size_t length = buffer.Length();
  if (length <= static_cast<std::size_t>(most)) return static_cast<int>(length);
  throw refusal(fmt::format("the message has {} bytes; {} is the most here", length, most));
}

class Walk {
 public:
  Walk(const grpc::ByteBuffer& buffer, const MessageLimits& limits, int raw_field)
      : limits_(limits), raw_field_(raw_field), buffer_(buffer), pieces_(&buffer_), in_(&pieces_) {
    in_.SetTotalBytesLimit(std::numeric_limits<int>::max());
    (void)in_.PushLimit(message_length(buffer, limits));
  }

  MessageParts run() {
    while (in_.BytesUntilLimit() > 0) take_field(read_tag());
    return std::move(parts_);
  }

 private:
  std::uint32_t read_tag() {
    const std::uint32_t tag = in_.ReadTag();
    if (tag == 0) throw damage();
    return tag;
  }

  /// A field's length, whose bytes are there.
  int read_length() {
    int length = 0;
    if (!in_.ReadVarintSizeAsInt(&length) || length > in_.BytesUntilLimit()) throw damage();
    return length;
  }

  void take_field(std::uint32_t tag) {
    if (is_bytes(tag, raw_field_)) {
      take_raw();
    } else if (is_bytes(tag, tensor_field)) {
      take_tensor();
    } else {
      keep(tag, parts_.header);
    }
  }

  void check_count(std::size_t there) const {
    if (there < static_cast<std::size_t>(limits_.tensors)) return;
    throw refusal(fmt::format("has more tensors than {}, the most here", limits_.tensors));
  }

  void take_raw() {
    check_count(parts_.raw.size());
    const int length = read_length();
    if (length > limits_.tensor_bytes) {
      throw refusal(fmt::format("raw contents number {} have {} bytes; {} is the most here",
                                parts_.raw.size(), length, limits_.tensor_bytes));
    }
    ByteBlock block = make_block(static_cast<std::size_t>(length));
    if (!in_.ReadRaw(block.data, length)) throw damage();
    parts_.raw.push_back(std::move(block.bytes));
  }

  void take_tensor() {
    check_count(parts_.typed.size());
    const CodedInputStream::Limit outer = in_.PushLimit(read_length());
    std::string header;
    std::string contents;
    while (in_.BytesUntilLimit() > 0) {
      const std::uint32_t tag = read_tag();
      if (is_bytes(tag, contents_field)) {
        // Said twice, protobuf joins them; their bytes one after the other mean the same.
        append_bytes(read_length(), contents);
      } else {
        keep(tag, header);
      }
    }
    in_.PopLimit(outer);
    append_field(tensor_field, header, parts_.header);
    parts_.typed.push_back(std::move(contents));
  }

  void append_bytes(int length, std::string& to) {
    const std::size_t before = to.size();
    to.resize(before + static_cast<std::size_t>(length));
    if (!in_.ReadRaw(to.data() + before, length)) throw damage();
  }

  void count_header(std::size_t bytes) {
    header_bytes_ += bytes;
    if (header_bytes_ <= most_header_bytes) return;
    throw refusal(fmt::format("what is not tensors has more than {} bytes", most_header_bytes));
  }

  /// Copies a field as it stands.
  void keep(std::uint32_t tag, std::string& to) {
    count_header(sizeof tag);
    append_varint(tag, to);
    switch (WireFormatLite::GetTagWireType(tag)) {
      case WireFormatLite::WIRETYPE_VARINT:
        return keep_varint(to);
      case WireFormatLite::WIRETYPE_FIXED32:
        return append_bytes(4, to);
      case WireFormatLite::WIRETYPE_FIXED64:
        return append_bytes(8, to);
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED:
        return keep_bytes(to);
      default:
        throw damage();
    }
  }

  void keep_varint(std::string& to) {
    std::uint64_t value = 0;
    if (!in_.ReadVarint64(&value)) throw damage();
    count_header(sizeof value);
    append_varint(value, to);
  }

  void keep_bytes(std::string& to) {
    const int length = read_length();
    count_header(static_cast<std::size_t>(length));
    append_varint(static_cast<std::uint64_t>(length), to);
    append_bytes(length, to);
  }

  const MessageLimits& limits_;
  const int raw_field_;
  grpc::ByteBuffer buffer_;  // refers to the same pieces; gRPC's reader wants one to change
  grpc::ProtoBufferReader pieces_;
  CodedInputStream in_;
  MessageParts parts_;
  std::size_t header_bytes_ = 0;
};

}  // namespace

MessageParts take_apart(const grpc::ByteBuffer& buffer, const MessageLimits& limits,
                        int raw_field) {
  if (!buffer.Valid()) throw damage();
  return Walk(buffer, limits, raw_field).run();
}

}  // namespace scission::runtime
