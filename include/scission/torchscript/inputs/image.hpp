// Pictures as model inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/torchscript/common/libtorch_types.hpp"
#include "scission/torchscript/zoo/zoo.hpp"

namespace scission::torchscript {

/// 8-bit RGB, row by row from the top, three bytes a pixel.
struct SCISSION_EXPORT Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Reads a JPEG, PNG, BMP or PPM; grey becomes RGB, transparency is dropped.
/// Throws Error(not_found | damaged) with the file as place.
SCISSION_EXPORT Image load_image(const std::filesystem::path& path);

/// Stretches to the given size. Each pixel is the nearest of the source, with pixel centres at
/// ½, as Keras' load_img(target_size=…) does it by default.
/// Throws Error(invalid_argument) when a side is below 1.
SCISSION_EXPORT Image resize_nearest(const Image& image, int width, int height);

/// The image as `batch` equal rows of a float32 tensor, batch × 3 × height × width.
/// Throws Error(invalid_argument) when batch is below 1.
SCISSION_EXPORT at::Tensor to_tensor(const Image& image, Preprocessing preprocessing,
                                     int batch = 1);

}  // namespace scission::torchscript
