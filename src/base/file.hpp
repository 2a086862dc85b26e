// Reading and writing whole files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// The contents of a file. Throws Error(not_found) if it does not exist, Error(io) if it cannot be
/// read; the path is the place.
SCISSION_EXPORT std::string read_file(const std::filesystem::path& path);

/// Replaces the contents of a file atomically: writes a temporary file in the same folder, flushes
/// it to the disk and renames it. Throws Error(io) with the path as place; the file is then
/// unchanged and the temporary file is removed.
SCISSION_EXPORT void write_file_atomically(const std::filesystem::path& path,
                                           std::string_view contents);

/// Creates a folder and its parents, unless they exist.
/// Throws Error(io) with the path as place.
SCISSION_EXPORT void make_folder(const std::filesystem::path& folder);

}  // namespace scission
