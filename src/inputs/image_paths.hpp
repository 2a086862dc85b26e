// Which files are pictures.
#pragma once

#include <filesystem>

#include "scission/base.hpp"

namespace scission {

/// Whether the file's name ends as that of an image that load_image() reads.
SCISSION_EXPORT bool is_image(const std::filesystem::path& path);

}  // namespace scission
