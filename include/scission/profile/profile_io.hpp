// Profiles on disk: our JSON, and the original's .dat.
//
// The JSON format is described field by field in docs/profile-format.md.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

inline constexpr int profile_format_version = 1;

/// Writes through a temporary file beside `path` and renames it, so that `path` holds either
/// what it held before or the whole new profile. Throws Error(io).
SCISSION_EXPORT void write_profile(const SystemProfile& profile, const std::filesystem::path& path);

/// Reads one file, by its ending .json or .dat. A .dat has no platform or name inside: they
/// come from the file's name, PLATFORM-NAME.dat, split at the first dash.
/// Throws Error(not_found | io | damaged | unsupported) with the file as place.
SCISSION_EXPORT SystemProfile read_profile(const std::filesystem::path& path);

/// Every profile in a folder (not below it), ordered by file name. `*.json` without the
/// format marker, a `.dat` beside the `.json` of the same name, and other files are passed over.
/// Throws as read_profile() does, Error(not_found) when the folder is missing or holds no profile,
/// and Error(mismatch) when two files are of one system.
SCISSION_EXPORT std::vector<SystemProfile> read_profiles(const std::filesystem::path& folder);

/// The same from memory; `place` is named in errors.
SCISSION_EXPORT SystemProfile parse_profile_json(std::string_view text, const std::string& place);
SCISSION_EXPORT std::string format_profile_json(const SystemProfile& profile);

/// The models in a .dat, a Python pickle. A small interpreter of the few opcodes and globals
/// that these files need; it executes nothing and refuses everything else.
SCISSION_EXPORT std::vector<ModelProfile> parse_profile_dat(std::string_view bytes,
                                                            const std::string& place);

}  // namespace scission
