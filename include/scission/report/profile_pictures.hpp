// Pictures of a model's profile, drawn by gnuplot from a script that is kept beside them.
#pragma once

#include <filesystem>
#include <string>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Draws the time of every block as a bar, with its 95 % interval, and what it hands on as a line;
/// model and system in the title. Readable from one block to hundreds.
///
/// Writes STEM.png, STEM.svg and STEM.gp (the script with its data) in `folder`, which is created
/// if absent; each through a temporary file. Throws Error(unsupported) when gnuplot is not
/// installed, Error(io) when it fails, Error(invalid_argument) when there are no blocks or the stem
/// cannot be a file's name.
SCISSION_EXPORT void draw_block_times(const ModelProfile& profile, const std::string& system,
                                      const std::filesystem::path& folder, const std::string& stem);

/// The same of FLOPs (bars) and parameters (line); the title says which of them are unknown.
SCISSION_EXPORT void draw_block_costs(const ModelProfile& profile,
                                      const std::filesystem::path& folder, const std::string& stem);

}  // namespace scission
