// Checksums of files.
#pragma once

#include <filesystem>
#include <string>

namespace scission::torchscript {

/// SHA-256 of the file, in hexadecimal, read piece by piece.
/// Throws Error(not_found | io) with `path` as place.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace scission::torchscript
