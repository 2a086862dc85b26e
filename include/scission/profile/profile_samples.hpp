// The single measurements behind a profile, in a file beside it: what a comparison tests and a
// researcher keeps. Apart from the profile, so that the search reads no more than it needs.
#pragma once

#include <filesystem>
#include <string>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Where the samples of PLATFORM-NAME.json are: PLATFORM-NAME.samples.csv.
SCISSION_EXPORT std::filesystem::path samples_path(const std::filesystem::path& profile);

/// A row a sample, in whole nanoseconds: model,first_layer,last_layer,round,seconds. The rows of
/// the whole model have no layers. Rounds count from 1.
SCISSION_EXPORT std::string format_samples_csv(const SystemProfile& profile);

/// Puts the samples from a file's text into the profile's models and blocks, in place of those
/// that they had; what the profile does not have is passed over. O(rows log series).
/// Throws Error(damaged, place) that names the line; the profile is left as it was.
SCISSION_EXPORT void add_samples(SystemProfile& profile, const std::string& text,
                                 const std::string& place);

}  // namespace scission
