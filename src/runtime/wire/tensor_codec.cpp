#include "runtime/wire/tensor_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/require.hpp"
#include "runtime/wire/status.hpp"

namespace scission::runtime {
namespace {

using Owner = std::shared_ptr<const void>;

constexpr std::align_val_t alignment{64};

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using WireType = WireFormatLite::WireType;

static_assert(std::endian::native == std::endian::little, "tensors' bytes are little-endian");

struct TypeNames {
  std::string_view dtype;
  std::string_view protocol;
};

constexpr std::array<TypeNames, 13> type_names{{{"bool", "BOOL"},
                                                {"uint8", "UINT8"},
                                                {"uint16", "UINT16"},
                                                {"uint32", "UINT32"},
                                                {"uint64", "UINT64"},
                                                {"int8", "INT8"},
                                                {"int16", "INT16"},
                                                {"int32", "INT32"},
                                                {"int64", "INT64"},
                                                {"float16", "FP16"},
                                                {"bfloat16", "BF16"},
                                                {"float32", "FP32"},
                                                {"float64", "FP64"}}};

/// The name in member `to` of the type whose member `from` is `word`.
std::string translate(const std::string& word, std::string_view TypeNames::*from,
                      std::string_view TypeNames::*to) {
  const auto* const found = std::find_if(type_names.begin(), type_names.end(),
                                         [&](const TypeNames& t) { return t.*from == word; });
  if (found != type_names.end()) return std::string((*found).*to);
  throw Error(ErrorCode::unsupported, fmt::format("data type '{}' is not supported", word));
}

/// Writes an element in the tensor's encoding; false when it is out of the type's range.
using PutElement = bool (*)(std::uint64_t value, char* to);

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

/// The field of InferTensorContents that holds a type's elements, and their encoding.
struct TypedField {
  std::string_view datatype;
  int number;
  std::string_view name;
  WireType wire;
  std::size_t size;  // of an element in the tensor
  PutElement put;
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
     // Copied as bits, so that a NaN keeps its payload.
     {"FP32", 6, "fp32_contents", fixed32, 4, put_number<std::uint32_t, std::uint32_t>},
     {"FP64", 7, "fp64_contents", fixed64, 8, put_number<std::uint64_t, std::uint64_t>}}};

const TypedField& field_of(const std::string& datatype) {
  const auto* const found = std::find_if(
      fields.begin(), fields.end(), [&](const TypedField& f) { return f.datatype == datatype; });
  if (found != fields.end()) return *found;
  throw_invalid_argument(fmt::format("{} has no typed contents here; send raw contents", datatype));
}

bool read_element(CodedInputStream& in, WireType wire, std::uint64_t& value) {
  if (wire == varint) return in.ReadVarint64(&value);
  if (wire == fixed64) return in.ReadLittleEndian64(&value);
  std::uint32_t word = 0;
  const bool is_read = in.ReadLittleEndian32(&word);
  value = word;
  return is_read;
}

/// Writes a tensor's block element by element.
class BlockWriter {
 public:
  BlockWriter(const TypedField& field, std::size_t count)
      : field_(field), block_(allocate_block(count * field.size)), to_(block_.data), left_(count) {}

  void read_one(CodedInputStream& in) {
    std::uint64_t value = 0;
    if (!read_element(in, field_.wire, value))
      throw_invalid_argument("the typed contents are truncated");
    if (left_ == 0) throw_invalid_argument("the typed contents have more elements than the shape");
    if (!field_.put(value, to_)) {
      throw_invalid_argument(fmt::format("an element is out of the range of {}", field_.datatype));
    }
    to_ += field_.size;
    --left_;
  }

  void read_packed(CodedInputStream& in) {
    int length = 0;
    if (!in.ReadVarintSizeAsInt(&length) || length > in.BytesUntilLimit()) {
      throw_invalid_argument("the typed contents are truncated");
    }
    const CodedInputStream::Limit outer = in.PushLimit(length);
    while (in.BytesUntilLimit() > 0) read_one(in);
    in.PopLimit(outer);
  }

  SharedBytes finish() {
    if (left_ == 0) return std::move(block_.bytes);
    throw_invalid_argument(
        fmt::format("the typed contents lack {} of the shape's elements", left_));
  }

 private:
  const TypedField& field_;
  TensorBlock block_;
  char* to_;
  std::size_t left_;
};

void read_field(CodedInputStream& in, const TypedField& field, BlockWriter& writer) {
  const std::uint32_t tag = in.ReadTag();
  const WireType wire = WireFormatLite::GetTagWireType(tag);
  if (tag == 0 || WireFormatLite::GetTagFieldNumber(tag) != field.number) {
    throw_invalid_argument(
        fmt::format("the elements of {} must be in {} only", field.datatype, field.name));
  }
  if (wire == field.wire) {
    writer.read_one(in);
  } else if (wire == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
    writer.read_packed(in);
  } else {
    throw_invalid_argument("the typed contents are damaged");
  }
}

}  // namespace

TensorBlock allocate_block(std::size_t bytes) {
  require_memory(static_cast<std::int64_t>(bytes));
  void* const memory = ::operator new(bytes, alignment);
  Owner owner(memory, [](const void* p) { ::operator delete(const_cast<void*>(p), alignment); });
  char* const data = static_cast<char*>(memory);
  return {{std::move(owner), data, bytes}, data};
}

grpc::Slice make_slice(const SharedBytes& bytes) {
  auto owner = std::make_unique<Owner>(bytes.owner);
  const auto release = [](void* released) { delete static_cast<Owner*>(released); };
  // gRPC's type is not const, but slices are never written to.
  grpc::Slice slice(const_cast<char*>(bytes.data), bytes.size, release, owner.get());
  (void)owner.release();
  return slice;
}

grpc::ByteBuffer payload_message(int field, std::size_t bytes) {
  constexpr std::size_t slice_bytes = std::size_t{1} << 20;
  static const grpc::Slice payload = make_slice(to_shared_bytes(std::string(slice_bytes, 'p')));
  std::string prefix;
  append_prefix(field, bytes, prefix);
  std::vector<grpc::Slice> slices{grpc::Slice(prefix)};
  for (; bytes >= slice_bytes; bytes -= slice_bytes) slices.push_back(payload);
  if (bytes > 0) slices.push_back(payload.sub(0, bytes));
  return {slices.data(), slices.size()};
}

std::string protocol_type(const std::string& dtype) {
  return translate(dtype, &TypeNames::dtype, &TypeNames::protocol);
}

std::string dtype_of(const std::string& protocol_type) {
  return translate(protocol_type, &TypeNames::protocol, &TypeNames::dtype);
}

SharedBytes decode_typed_contents(std::string_view contents, const std::string& datatype,
                                  std::size_t count) {
  const TypedField& field = field_of(datatype);
  // Each element takes at least one byte.
  if (count > contents.size()) throw_invalid_argument("the typed contents have too few elements");
  BlockWriter writer(field, count);
  const int size = static_cast<int>(contents.size());
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(contents.data()), size);
  const CodedInputStream::Limit outer = in.PushLimit(size);
  while (in.BytesUntilLimit() > 0) read_field(in, field, writer);
  in.PopLimit(outer);
  return writer.finish();
}

}  // namespace scission::runtime
