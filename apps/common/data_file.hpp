// Files that may lie beside the profiles.
#pragma once

#include <filesystem>

namespace scission::apps {

/// `path` where it is there, else the same in the folder of profiles where that is; else `path`.
std::filesystem::path here_or_beside(const std::filesystem::path& path,
                                     const std::filesystem::path& profiles);

}  // namespace scission::apps
