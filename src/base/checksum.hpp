// Checksums of files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

/// SHA-256 of a file, in hexadecimal; reads it in pieces.
/// Throws Error(not_found | io) with `path` as place.
SCISSION_EXPORT std::string sha256_of_file(const std::filesystem::path& path);

/// SHA-256 of a text, in hexadecimal.
SCISSION_EXPORT std::string sha256_of(std::string_view text);

}  // namespace scission
