#include "runtime/wire/typed_contents.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>

#include "runtime/wire/byte_block.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using WireType = WireFormatLite::WireType;

static_assert(std::endian::native == std::endian::little, "tensors' bytes are little-endian");

/// Writes an element as the tensor has it; false when the type does not hold it.
using Put = bool (*)(std::uint64_t value, char* to);

template <typename Element>
bool put(Element element, char* to) {
  std::memcpy(to, &element, sizeof element);
  return true;
}

/// `Wire` is the field's type, `Element` the tensor's.
template <typename Wire, typename Element>
bool put_number(std::uint64_t value, char* to) {
  const auto number = static_cast<Wire>(value);
  using Range = std::numeric_limits<Element>;
  return number >= Range::min() && number <= Range::max() && put(static_cast<Element>(number), to);
}

bool put_flag(std::uint64_t value, char* to) { return put(static_cast<char>(value != 0), to); }

/// Which of the contents' fields holds a type's elements, and how.
struct TypedField {
  std::string_view datatype;
  int number;
  std::string_view name;
  WireType wire;
  std::size_t size;  // of an element in the tensor
  Put put;
};

constexpr WireType varint = WireFormatLite::WIRETYPE_VARINT;
constexpr WireType fixed32 = WireFormatLite::WIRETYPE_FIXED32;
constexpr WireType fixed64 = WireFormatLite::WIRETYPE_FIXED64;

constexpr std::array<TypedField, 11> fields{
    {{"BOOL", 1, "bool_contents", varint, 1, put_flag},
     {"INT8", 2, "int_contents", varint, 1, put_number<std::int32_t, std::int8_t>},
     {"INT16", 2, "int_contents", varint, 2, put_number<std::int32_t, std::int16_t>},
     {"INT32", 2, "int_contents", varint, 4, put_number<std::int32_t, std::int32_t>},
     {"INT64", 3, "int64_contents", varint, 8, put_number<std::int64_t, std::int64_t>},
     {"UINT8", 4, "uint_contents", varint, 1, put_number<std::uint32_t, std::uint8_t>},
     {"UINT16", 4, "uint_contents", varint, 2, put_number<std::uint32_t, std::uint16_t>},
     {"UINT32", 4, "uint_contents", varint, 4, put_number<std::uint32_t, std::uint32_t>},
     {"UINT64", 5, "uint64_contents", varint, 8, put_number<std::uint64_t, std::uint64_t>},
     // Bits, not numbers: a NaN keeps its own.
     {"FP32", 6, "fp32_contents", fixed32, 4, put_number<std::uint32_t, std::uint32_t>},
     {"FP64", 7, "fp64_contents", fixed64, 8, put_number<std::uint64_t, std::uint64_t>}}};

Error refusal(const std::string& message) { return {ErrorCode::invalid_argument, message}; }

const TypedField& field_of(const std::string& datatype) {
  const auto* const found = std::find_if(
      fields.begin(), fields.end(), [&](const TypedField& f) { return f.datatype == datatype; });
  if (found != fields.end()) return *found;
  throw refusal(fmt::format("{} has no typed contents here: send it raw", datatype));
}

bool read_element(CodedInputStream& in, WireType wire, std::uint64_t& value) {
  if (wire == varint) return in.ReadVarint64(&value);
  if (wire == fixed64) return in.ReadLittleEndian64(&value);
  std::uint32_t half = 0;
  const bool is_read = in.ReadLittleEndian32(&half);
  value = half;
  return is_read;
}

/// Fills a tensor's block, element by element.
class Filler {
 public:
  Filler(const TypedField& field, std::size_t count)
      : field_(field), block_(make_block(count * field.size)), to_(block_.data), left_(count) {}

  void take_one(CodedInputStream& in) {
    std::uint64_t value = 0;
    if (!read_element(in, field_.wire, value)) throw refusal("the typed contents end too early");
    if (left_ == 0) throw refusal("the typed contents have more elements than the shape");
    if (!field_.put(value, to_)) {
      throw refusal(fmt::format("an element is beyond {}", field_.datatype));
    }
    to_ += field_.size;
    --left_;
  }

  void take_packed(CodedInputStream& in) {
    int length = 0;
    if (!in.ReadVarintSizeAsInt(&length) || length > in.BytesUntilLimit()) {
      throw refusal("the typed contents end too early");
    }
    const CodedInputStream::Limit outer = in.PushLimit(length);
    while (in.BytesUntilLimit() > 0) take_one(in);
    in.PopLimit(outer);
  }

  SharedBytes finish() {
    if (left_ == 0) return std::move(block_.bytes);
    throw refusal(fmt::format("the typed contents lack {} of the shape's elements", left_));
  }

 private:
  const TypedField& field_;
  ByteBlock block_;
  char* to_;
  std::size_t left_;
};

void take_field(CodedInputStream& in, const TypedField& field, Filler& filler) {
  const std::uint32_t tag = in.ReadTag();
  const WireType wire = WireFormatLite::GetTagWireType(tag);
  if (tag == 0 || WireFormatLite::GetTagFieldNumber(tag) != field.number) {
    throw refusal(
        fmt::format("{} has its elements in {} and nowhere else", field.datatype, field.name));
  }
  if (wire == field.wire) {
    filler.take_one(in);
  } else if (wire == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
    filler.take_packed(in);
  } else {
    throw refusal("the typed contents are damaged");
  }
}

}  // namespace

SharedBytes typed_bytes(std::string_view contents, const std::string& datatype, std::size_t count) {
  const TypedField& field = field_of(datatype);
  // An element takes a byte at least.
  if (count > contents.size()) throw refusal("the typed contents have too few elements");
  Filler filler(field, count);
  const int size = static_cast<int>(contents.size());
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(contents.data()), size);
  const CodedInputStream::Limit outer = in.PushLimit(size);
  while (in.BytesUntilLimit() > 0) take_field(in, field, filler);
  in.PopLimit(outer);
  return filler.finish();
}

}  // namespace scission::runtime
