#include "runtime/wire/coded_tensors.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/require.hpp"
#include "base/seconds.hpp"
#include "inference.pb.h"
#include "runtime/wire/status.hpp"
#include "runtime/wire/tensor_codec.hpp"

namespace scission::runtime {
namespace {

using CodingClock = std::chrono::steady_clock;

const std::string& text_parameter(const TensorParameters& parameters, const char* name) {
  const auto found = parameters.find(name);
  if (found != parameters.end() && found->second.has_string_param()) {
    return found->second.string_param();
  }
  throw_invalid_argument(fmt::format("is coded, and its parameter {} is no string", name));
}

/// "1,64,56,56"; empty: a scalar.
std::vector<std::int64_t> parse_shape(std::string_view text) {
  std::vector<std::int64_t> shape;
  while (!text.empty()) {
    std::int64_t size = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, size);
    const bool is_followed = after != end && *after == ',' && after + 1 != end;
    if (error != std::errc() || (after != end && !is_followed)) {
      throw_invalid_argument(
          fmt::format("its parameter {} is not numbers separated by commas", shape_parameter));
    }
    shape.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(after - text.data()) + (is_followed ? 1 : 0));
  }
  return shape;
}

/// Backends take another path for memory that is aligned otherwise.
SharedBytes aligned(SharedBytes bytes) {
  constexpr std::uintptr_t alignment = 64;
  if (reinterpret_cast<std::uintptr_t>(bytes.data) % alignment == 0) return bytes;
  TensorBlock block = allocate_block(bytes.size);
  std::memcpy(block.data, bytes.data, bytes.size);
  return std::move(block.bytes);
}

/// `ready`: the code of the tensor by any codec; may be null.
CodedTensor code_of(const Codec* codec, const Tensor& tensor, const CodedTensor* ready) {
  if (codec != nullptr && ready != nullptr && ready->codec == codec->name()) {
    CodedTensor coded = *ready;
    coded.tensor.name = tensor.name;
    return coded;
  }
  if (codec != nullptr && codec->takes(tensor.dtype)) return encode_tensor(*codec, tensor);
  return {"", tensor, tensor.dtype, tensor.shape};
}

std::string place_of(const Tensor& tensor) { return "tensor " + sanitise_line(tensor.name); }

}  // namespace

std::string codec_without_level(const std::string& name) {
  const std::size_t dash = name.find_last_not_of("0123456789");
  const bool has_level =
      dash != std::string::npos && dash > 0 && dash + 1 < name.size() && name[dash] == '-';
  return has_level ? name.substr(0, dash) : name;
}

const Codec* usable_codec(const std::string& name, const MessageLimits& limits) {
  const auto is_listed = [&](const std::string& listed) {
    return std::count(limits.codecs->begin(), limits.codecs->end(), listed) > 0;
  };
  if (limits.codecs && !is_listed(name) && !is_listed(codec_without_level(name))) return nullptr;
  return find_codec(name);
}

std::vector<std::string> usable_codecs(const MessageLimits& limits) {
  std::vector<std::string> names = codec_names();
  std::erase_if(names, [&](const std::string& name) { return !usable_codec(name, limits); });
  return names;
}

std::vector<CodedTensor> code_tensors(const Codec* codec, const std::vector<Tensor>& tensors,
                                      const std::vector<CodedTensor>& ready, CodingStats& figures) {
  const auto start = CodingClock::now();
  std::vector<CodedTensor> all;
  all.reserve(tensors.size());
  for (const Tensor& tensor : tensors) {
    const bool is_meant =
        codec == nullptr || codec->takes(tensor.dtype) || tensor.dtype == "float32";
    all.push_back(code_of(codec, tensor, all.size() < ready.size() ? &ready[all.size()] : nullptr));
    const bool is_coded = !all.back().codec.empty();
    figures.coded += is_coded ? 1 : 0;
    figures.bytes += is_coded ? tensor.bytes.size : 0;
    figures.raw += !is_coded && is_meant && tensor.bytes.size > 0 ? 1 : 0;
  }
  figures.seconds += seconds_since(start);
  return all;
}

void add_coding(const CodedTensor& tensor, TensorParameters& to) {
  to[codec_parameter].set_string_param(tensor.codec);
  to[dtype_parameter].set_string_param(protocol_type(tensor.dtype));
  to[shape_parameter].set_string_param(fmt::format("{}", fmt::join(tensor.shape, ",")));
}

Tensor CodedTensorReader::read(Tensor tensor, const TensorParameters& parameters) {
  if (parameters.count(codec_parameter) == 0) return tensor;
  const auto start = CodingClock::now();
  const std::string place = place_of(tensor);
  try {
    CodedTensor coded;
    coded.codec = text_parameter(parameters, codec_parameter);
    if (usable_codec(coded.codec, limits_) == nullptr) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("is coded as '{}', which is not known here; send it as it is",
                              sanitise_line(coded.codec)));
    }
    coded.dtype = dtype_of(text_parameter(parameters, dtype_parameter));
    coded.shape = parse_shape(text_parameter(parameters, shape_parameter));
    coded.tensor = std::move(tensor);
    Tensor decoded = decode(std::move(coded));
    figures_.seconds += seconds_since(start);
    return decoded;
  } catch (const Error& error) {
    const bool is_unknown = error.code() == ErrorCode::unsupported;
    throw Error(is_unknown ? ErrorCode::unsupported : ErrorCode::invalid_argument,
                sanitise_line(error.message()), place);
  }
}

Tensor CodedTensorReader::decode(CodedTensor coded) {
  if (coded.tensor.dtype != "uint8" || coded.tensor.shape.size() != 1) {
    throw_invalid_argument("is coded, and is not of type UINT8 with one dimension");
  }
  count(coded);
  Tensor tensor = decode_tensor(coded, limits_.tensor_bytes);
  tensor.bytes = aligned(std::move(tensor.bytes));
  validate_tensor(tensor);
  return tensor;
}

void CodedTensorReader::count(const CodedTensor& coded) {
  const std::size_t bytes = tensor_bytes(coded.dtype, coded.shape);
  if (bytes > static_cast<std::size_t>(limits_.tensor_bytes)) {
    throw_invalid_argument(
        fmt::format("decodes to {} bytes; the limit is {}", bytes, limits_.tensor_bytes));
  }
  ++figures_.coded;
  figures_.bytes += bytes;
  if (figures_.bytes > static_cast<std::size_t>(limits_.bytes)) {
    throw_invalid_argument(fmt::format(
        "the coded tensors together decode to more bytes than the limit of {}", limits_.bytes));
  }
  require_memory(static_cast<std::int64_t>(bytes));
}

}  // namespace scission::runtime
