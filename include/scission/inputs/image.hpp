// Images as model inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/model/tensor.hpp"

namespace scission {

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
SCISSION_EXPORT Tensor to_tensor(const Image& image, Preprocessing preprocessing, int batch = 1);

}  // namespace scission
