// Tensors' bytes in messages: the protocol's data types, elements listed one by one, blocks of
// memory, slices without copies, fields in protobuf's wire format.
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scission/model.hpp"

namespace scission::runtime {

/// The protocol's name of a dtype, "FP32" for "float32", and back. BYTES has no dtype.
/// Throw Error(unsupported) on a type without a counterpart.
std::string protocol_type(const std::string& dtype);
std::string dtype_of(const std::string& protocol_type);

/// Decodes `count` elements of the protocol's type `datatype` from the bytes of an
/// InferTensorContents. One copy, from the message's encoding to the tensor's. O(count).
/// Throws Error(invalid_argument) on another number of elements (before memory is allocated if the
/// bytes cannot hold `count`), on elements in another type's field or out of the type's range, on
/// types without a field (FP16, BF16) or size (BYTES), and on bytes that are not such a message.
SharedBytes decode_typed_contents(std::string_view contents, const std::string& datatype,
                                  std::size_t count);

/// Memory for a tensor's bytes, writable until `bytes` is shared.
struct TensorBlock {
  SharedBytes bytes;
  char* data = nullptr;  ///< bytes.data, writable
};

/// Uninitialised memory, aligned to 64 bytes like the backends' own tensors, so that their kernels
/// take the same path for both. Throws std::bad_alloc, and as require_memory() does.
TensorBlock allocate_block(std::size_t bytes);

/// A slice that refers to the bytes without copying them, and keeps their owner alive.
grpc::Slice make_slice(const SharedBytes& bytes);

/// A message whose field number `field` has a payload of `bytes`, for measuring links. All payloads
/// share one mebibyte of memory, regardless of their number and size.
grpc::ByteBuffer payload_message(int field, std::size_t bytes);

inline void append_varint(std::uint64_t value, std::string& to) {
  std::array<std::uint8_t, 10> bytes{};
  const std::uint8_t* end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, bytes.data());
  to.append(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::size_t>(end - bytes.data()));
}

/// Appends the tag and length of a length-delimited field; its bytes must follow.
inline void append_prefix(int field, std::uint64_t length, std::string& to) {
  using google::protobuf::internal::WireFormatLite;
  append_varint(WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), to);
  append_varint(length, to);
}

inline void append_field(int field, std::string_view bytes, std::string& to) {
  append_prefix(field, bytes.size(), to);
  to += bytes;
}

}  // namespace scission::runtime
