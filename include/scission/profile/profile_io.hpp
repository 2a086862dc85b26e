// Reading and writing profiles: JSON, the original's .dat, CSV, and the samples beside a profile.
//
// docs/profile-format.md describes every format.
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

/// The original tool's file: a Python pickle, protocol 3, of a dictionary from model to list of
/// `__main__.LayerBenchmark`. `device` is empty as in all of the original's files, output_size the
/// payload and the 128 bytes of a .npy header. parse_profile_dat() reads it back, and so does any
/// unpickler that knows the class. O(blocks).
/// Throws Error(damaged) for a model that validate() refuses, a name that is there twice, and an
/// output that has no room for the header in 64 bits.
SCISSION_EXPORT std::string format_profile_dat(const SystemProfile& profile);

/// One row a block, for spreadsheets: a header row, commas, a point in numbers, RFC 4180's quotes,
/// lines that end in LF. Times in seconds, sizes in bytes; unknown cells are empty, and a figure is
/// unknown where it is 0 in all of a model's blocks.
SCISSION_EXPORT std::string format_blocks_csv(const SystemProfile& profile);

/// The fork's statistics: a stanza a model, with the rows layers, flops, params, output (MiB, with
/// the 128 bytes of a .npy header) and times (ms), a column a block, and the blocks' layers below.
/// O(blocks).
SCISSION_EXPORT std::string format_statistics_csv(const SystemProfile& profile);

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
