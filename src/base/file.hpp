// Reading and writing whole files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "scission/base.hpp"

namespace scission {

/// The contents of a file. Throws Error(not_found) if it does not exist, Error(io) if it cannot be
/// read; the path is the place.
SCISSION_EXPORT std::string read_file(const std::filesystem::path& path);

/// Replaces the contents of a file atomically: writes a temporary file in the same folder, flushes
/// it to the disk and renames it. Throws Error(io) with the path as place; the file is then
/// unchanged and the temporary file is removed.
SCISSION_EXPORT void write_file_atomically(const std::filesystem::path& path,
                                           std::string_view contents);

/// For output that is written at the end of a long run: throws Error(io) with the path as place
/// unless write_file_atomically() can create the file now.
SCISSION_EXPORT void require_writable(const std::filesystem::path& path);

/// Moves a file that another program has written to its place, with an atomic rename within one
/// disk. Whatever the program's exit code says, the file must be complete: by the ending of the
/// place, an SVG ends with </svg>, a PNG with its IEND chunk, a PDF with %%EOF, and no file is
/// empty. Throws Error(io) with the place otherwise, and when the disk cannot take the file; what
/// was in the place then stays.
SCISSION_EXPORT void publish_file(const std::filesystem::path& written,
                                  const std::filesystem::path& place);

/// The first half of publish_file(), for several files that belong together.
SCISSION_EXPORT void require_complete(const std::filesystem::path& written,
                                      const std::filesystem::path& place);

/// The folder as messages name it: "." and an empty path as the absolute path that they mean.
SCISSION_EXPORT std::string folder_text(const std::filesystem::path& folder);

/// Creates a folder and its parents, unless they exist.
/// Throws Error(io) with the path as place.
SCISSION_EXPORT void make_folder(const std::filesystem::path& folder);

}  // namespace scission
