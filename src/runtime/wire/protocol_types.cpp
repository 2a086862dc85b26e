// The protocol's words for types, and NumPy's.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "runtime/wire/infer_codec.hpp"
#include "scission/base/error.hpp"

namespace scission::runtime {
namespace {

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

/// The partner of `word`, which stands in the member `from`.
std::string translate(const std::string& word, std::string_view TypeNames::*from,
                      std::string_view TypeNames::*to) {
  const auto* const found = std::find_if(type_names.begin(), type_names.end(),
                                         [&](const TypeNames& t) { return t.*from == word; });
  if (found != type_names.end()) return std::string((*found).*to);
  throw Error(ErrorCode::unsupported,
              fmt::format("type '{}' is none of those that a tensor here can have", word));
}

}  // namespace

std::string protocol_type(const std::string& dtype) {
  return translate(dtype, &TypeNames::dtype, &TypeNames::protocol);
}

std::string dtype_of(const std::string& protocol_type) {
  return translate(protocol_type, &TypeNames::protocol, &TypeNames::dtype);
}

}  // namespace scission::runtime
