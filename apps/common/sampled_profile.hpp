// Reading a profile together with the samples beside it.
#pragma once

#include <filesystem>

#include "scission/profile/profile.hpp"

namespace scission::apps {

/// read_profile(), with the samples from samples_path() where there is such a file. A profile
/// without is none the worse. Throws as read_profile() and add_samples() do.
SystemProfile read_sampled_profile(const std::filesystem::path& path);

}  // namespace scission::apps
