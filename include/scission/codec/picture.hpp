// A picture as a model's input that crosses a link as the file that it came in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/codec/codec.hpp"
#include "scission/inputs/image.hpp"

namespace scission {

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
