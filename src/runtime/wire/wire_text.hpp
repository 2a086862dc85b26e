// Protobuf's coding, for the few places that write it by hand.
#pragma once

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace scission::runtime {

inline void append_varint(std::uint64_t value, std::string& to) {
  std::array<std::uint8_t, 10> bytes{};
  const std::uint8_t* end =
      google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(value, bytes.data());
  to.append(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::size_t>(end - bytes.data()));
}

/// Tag and length of a field of bytes, which follow.
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
