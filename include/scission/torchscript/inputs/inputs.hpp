// Model inputs: their specification as text, random tensors, images.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/torchscript/common/module.hpp"

namespace scission::torchscript {

/// One tensor that forward() takes.
struct SCISSION_EXPORT InputSpec {
  std::vector<std::int64_t> shape;  ///< batch first, every extent ≥ 1
  std::string dtype = "float32";    ///< float16, float32, float64, uint8, int32, int64 or bool
  /// Exclusive upper bound of random integers: for token inputs, the vocabulary's size.
  std::int64_t below = 2;

  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

/// All tensors that forward() takes, in its order, and the seed of their random elements.
struct SCISSION_EXPORT InputOptions {
  std::vector<InputSpec> tensors;
  std::uint64_t seed = 0;
};

/// Reads "1,3,224,224" or "1x3x224x224", "1,128:int64<30522" for tokens, several joined by ';'.
/// Throws Error(invalid_argument) with the grammar in its message.
SCISSION_EXPORT std::vector<InputSpec> parse_inputs(std::string_view text);

/// The same grammar: "1x3x224x224", "1x128:int64<30522;1x128:bool".
SCISSION_EXPORT std::string to_string(const std::vector<InputSpec>& inputs);

/// Multiplies each input's first dimension: 1x3x224x224 by 4 is 4x3x224x224.
/// Throws Error(invalid_argument) on a factor below 1 and on a batch that is too large.
SCISSION_EXPORT std::vector<InputSpec> with_batch(std::vector<InputSpec> inputs,
                                                  std::int64_t factor);

/// One tensor for each spec, drawn in order from a separate generator with the given seed.
/// Floating-point elements are standard normal, integers uniform in 0…below − 1.
/// Throws Error(invalid_argument) on an empty shape or an extent below 1, an unknown type, a
/// `below` that the type cannot represent, and on more elements than fit into memory.
SCISSION_EXPORT std::vector<at::Tensor> random_inputs(const InputOptions& options);

/// 8-bit RGB, row by row from the top, three bytes a pixel.
struct SCISSION_EXPORT Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// How Keras prepares an RGB image of 0…255 for a model (imagenet_utils.py).
enum class Preprocessing {
  caffe,  ///< channels reordered to BGR, less the ImageNet mean (103.939, 116.779, 123.68)
  tf,     ///< scaled to −1…1
  torch,  ///< scaled to 0…1, each channel normalised by ImageNet's mean and standard deviation
};

/// "caffe", "tf", "torch".
SCISSION_EXPORT std::string to_string(Preprocessing preprocessing);

/// Reads a JPEG, PNG, BMP or PPM file; grey becomes RGB, transparency is dropped.
/// Throws Error(not_found | damaged) with the file as place.
SCISSION_EXPORT Image load_image(const std::filesystem::path& path);

/// The images of a folder in the order of their names, those that a text file lists with one path
/// per line, or the one image that the path names. Throws Error(not_found) for a missing file,
/// Error(invalid_argument) when a folder or a list has none.
SCISSION_EXPORT std::vector<std::string> image_paths(const std::filesystem::path& source);

/// Scales to the given size by nearest neighbour with pixel centres at ½, the default of Keras'
/// load_img(target_size=…). Throws Error(invalid_argument) when a side is below 1.
SCISSION_EXPORT Image resize_nearest(const Image& image, int width, int height);

/// A float32 tensor of `batch` copies of the image, batch × 3 × height × width.
/// Throws Error(invalid_argument) when batch is below 1.
SCISSION_EXPORT at::Tensor to_tensor(const Image& image, Preprocessing preprocessing,
                                     int batch = 1);

}  // namespace scission::torchscript
