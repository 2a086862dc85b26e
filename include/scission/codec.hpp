// Codecs: how a tensor becomes the bytes that cross a link, and those bytes the tensor.
// docs/codecs.md describes every format.
//
//     const CodedTensor sent = encode_tensor(*find_codec("int8+zstd"), tensor);
//     const Tensor received = decode_tensor(sent, max_tensor_bytes);
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base.hpp"
#include "scission/inputs.hpp"
#include "scission/model.hpp"

namespace scission {

/// A method of encoding tensors. Implementations are immutable and safe for concurrent calls.
class SCISSION_EXPORT Codec {
 public:
  virtual ~Codec() = default;

  virtual std::string name() const = 0;  ///< letters, digits, "-" and "+": "int8+zstd"
  virtual bool is_lossless() const = 0;  ///< whether decode() restores the bytes exactly
  /// Whether it encodes tensors of this type (NumPy's name). Others are sent unencoded.
  virtual bool takes(std::string_view dtype) const = 0;

  /// The encoded bytes; they state everything that decode() needs but type and shape. O(bytes).
  /// Throws Error(unsupported) for a type that it does not take and for values that it cannot
  /// encode, such as infinities where it quantises.
  virtual SharedBytes encode(const Tensor& tensor) const = 0;

  /// The bytes of the tensor with this type and shape. Allocates at most 2 × tensor_bytes(), and
  /// for "jpeg" also the decoded picture (docs/codecs.md). Throws Error(damaged) for bytes that
  /// are not the code of such a tensor. O(bytes).
  virtual SharedBytes decode(std::string_view bytes, const std::string& dtype,
                             const std::vector<std::int64_t>& shape) const = 0;
};

/// The codec of that name, or nullptr. The built-in ones (docs/codecs.md) are registered at the
/// start of the program. Valid for the rest of the program. Thread-safe.
SCISSION_EXPORT const Codec* find_codec(std::string_view name);

/// Names of the codecs that are registered, sorted.
SCISSION_EXPORT std::vector<std::string> codec_names();

/// Registers a codec. Throws Error(invalid_argument) for a name that is taken, is "raw", or
/// has other characters than a name may have.
SCISSION_EXPORT void register_codec(std::unique_ptr<const Codec> codec);

/// Parses "fp16,int8+zstd"; "all" means every registered codec. "raw" is allowed and left out: it
/// is always there. Throws Error(invalid_argument) that quotes an unknown name and lists the known.
SCISSION_EXPORT std::vector<const Codec*> parse_codecs(std::string_view text);

/// A tensor as it crosses a link.
struct SCISSION_EXPORT CodedTensor {
  /// Empty: `tensor` is not encoded.
  std::string codec;
  /// The encoded bytes as a tensor of type "uint8" with one dimension, or the tensor itself.
  Tensor tensor;
  std::string dtype;                ///< of the decoded tensor
  std::vector<std::int64_t> shape;  ///< of the decoded tensor
};

/// Encodes the tensor. If the codec does not take its type, cannot encode its values, or would make
/// it larger, the result holds the tensor unencoded. O(bytes).
SCISSION_EXPORT CodedTensor encode_tensor(const Codec& codec, const Tensor& tensor);

/// The tensor. Throws Error(unsupported) for a codec that is not registered, Error(damaged) with
/// the tensor's name as place for bytes that are not its code, and Error(invalid_argument) when it
/// would have more than `max_bytes`, before memory is allocated.
SCISSION_EXPORT Tensor decode_tensor(const CodedTensor& coded, std::int64_t max_bytes);

// --- Pictures ---

// A picture as a model's input that crosses a link as the file that it came in.

/// The input `name` of a model, of the shape batch × 3 × height × width, as the JPEG file that it
/// is made of: codec "jpeg". decode_tensor() gives to_tensor(resize_nearest(load_image(file),
/// width, height), preprocessing, batch). Reads the file, checks its structure,
/// decodes nothing.
///
/// Throws Error(not_found | io) for a file that cannot be read, Error(damaged) for one whose
/// structure is not valid or that has more than 32 scans or 512 pixels for each of its bytes,
/// Error(unsupported) for one that is not JPEG or has more than 50 million pixels, each with the
/// file as place, and Error(invalid_argument) for another shape.
SCISSION_EXPORT CodedTensor encode_picture(const std::filesystem::path& file,
                                           Preprocessing preprocessing,
                                           const std::vector<std::int64_t>& shape,
                                           const std::string& name = {});

}  // namespace scission
