// Whole files, read and written.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "scission/base/export.hpp"

namespace scission {

/// The bytes of a file. Throws Error(not_found) when it is not there, Error(io) when it cannot
/// be read; the path is the place.
SCISSION_EXPORT std::string read_file(const std::filesystem::path& path);

/// Replaces a file by `contents` in one step, so that `path` never holds half of them: writes a
/// temporary file in the same folder, flushes it to the disk and renames it.
/// Throws Error(io) with the path as place; the temporary file is gone then, too, and what `path`
/// held is untouched.
SCISSION_EXPORT void write_file_atomically(const std::filesystem::path& path,
                                           std::string_view contents);

/// Creates a folder with those above it; one that is there stays.
/// Throws Error(io) with the path as place.
SCISSION_EXPORT void make_folder(const std::filesystem::path& folder);

}  // namespace scission
