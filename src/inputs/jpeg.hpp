// JPEG pictures in memory.
#pragma once

#include <cstddef>
#include <string_view>

#include "scission/inputs.hpp"

namespace scission {

/// No picture with more pixels is decoded from memory: it may come from another machine.
constexpr double max_jpeg_pixels = 50e6;
constexpr std::size_t max_jpeg_bytes = std::size_t{1} << 30;

/// Throws Error(unsupported) for bytes that are not JPEG, for more than max_jpeg_bytes, and for
/// more than max_jpeg_pixels; Error(damaged) where the structure is not valid: segments, Huffman
/// tables, sampling. Decodes nothing. O(bytes).
void require_jpeg(std::string_view bytes);

/// The image that load_image() reads from a file of these bytes. Throws what require_jpeg() throws
/// before it allocates memory, and Error(damaged).
Image decode_jpeg(std::string_view bytes);

}  // namespace scission
