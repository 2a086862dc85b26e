// Files named by checksums.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace scission::runtime {

/// Throws Error(invalid_argument) unless it is a SHA-256 in hexadecimal.
void check_sha256(const std::string& text);

/// The folder's files whose name is a checksum and this extension: others are none of ours.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder,
                                            const char* extension);

/// 0 when it is not there.
std::int64_t size_of(const std::filesystem::path& path);

void remove_quietly(const std::filesystem::path& path);

/// Whether the file is there and has the checksum. Throws Error(io) when it cannot be read.
bool is_whole(const std::filesystem::path& file, const std::string& sha256);

}  // namespace scission::runtime
