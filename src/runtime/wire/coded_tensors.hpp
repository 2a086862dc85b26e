// Tensors that codecs have coded, as they stand in messages: a tensor of type UINT8 with one
// dimension, whose parameters say how it is coded and what it decodes to.
#pragma once

#include <google/protobuf/map.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scission/codec.hpp"
#include "scission/model.hpp"
#include "scission/runtime/wire/wire.hpp"

namespace inference {
class InferParameter;
}

namespace scission::runtime {

/// Parameters of a coded tensor: the codec's name, the protocol's type, "1,64,56,56".
inline constexpr const char* codec_parameter = "scission_codec";
inline constexpr const char* dtype_parameter = "scission_dtype";
inline constexpr const char* shape_parameter = "scission_shape";

/// What coding the tensors of one message took.
struct CodingStats {
  double seconds = 0;
  int coded = 0;          ///< tensors that cross coded
  int raw = 0;            ///< tensors that cross as they are although a codec was asked for
  std::size_t bytes = 0;  ///< of the coded tensors when they are decoded
};

/// A codec's name without its level, "int8+zstd" for "int8+zstd-9": who has the one has all levels.
std::string codec_without_level(const std::string& name);

/// The codec of that name; nullptr if it is not registered or not one of MessageLimits::codecs.
const Codec* usable_codec(const std::string& name, const MessageLimits& limits);

/// Names of the codecs that usable_codec() finds, sorted.
std::vector<std::string> usable_codecs(const MessageLimits& limits);

/// Codes the tensors. nullptr: they cross as they are, and all but empty ones count as
/// CodingStats::raw. Types other than float32 that the codec does not take cross as they are and
/// do not count. Entries of `ready` with this codec are the codes of the tensors of their index.
std::vector<CodedTensor> code_tensors(const Codec* codec, const std::vector<Tensor>& tensors,
                                      const std::vector<CodedTensor>& ready, CodingStats& figures);

using TensorParameters = google::protobuf::Map<std::string, inference::InferParameter>;

/// Adds the parameters of a coded tensor.
void add_coding(const CodedTensor& tensor, TensorParameters& to);

/// Decodes the tensors of one message.
class CodedTensorReader {
 public:
  explicit CodedTensorReader(const MessageLimits& limits) : limits_(limits) {}

  /// The decoded tensor, aligned as allocate_block() aligns; a tensor without codec_parameter as it
  /// is. Throws Error(unsupported) with the tensor as place for a codec that usable_codec() does
  /// not find, and Error(invalid_argument) on what is not its code, and beyond
  /// MessageLimits::tensor_bytes or, all tensors together, MessageLimits::bytes, before memory of
  /// that size is allocated.
  Tensor read(Tensor tensor, const TensorParameters& parameters);

  const CodingStats& figures() const { return figures_; }

 private:
  Tensor decode(CodedTensor coded);
  void count(const CodedTensor& coded);

  const MessageLimits& limits_;
  CodingStats figures_;
};

}  // namespace scission::runtime
