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

/// Writes a temporary file beside `path` and renames it, so that `path` never holds a part of a
/// profile. Throws Error(io).
SCISSION_EXPORT void write_profile(const SystemProfile& profile, const std::filesystem::path& path);

/// Reads one file; its ending, .json or .dat, determines the format. Platform and name of a .dat
/// come from the file's name, PLATFORM-NAME.dat, split at the first dash. Throws Error(not_found |
/// io | damaged | unsupported) with the file as place.
SCISSION_EXPORT SystemProfile read_profile(const std::filesystem::path& path);

/// All profiles in a folder, without its subfolders, ordered by file name. Ignores `*.json` without
/// the format marker, a `.dat` beside the `.json` of the same name, and other files.
/// Throws what read_profile() throws, Error(not_found) if the folder is missing or has no profile,
/// and Error(mismatch) if two files belong to one system.
SCISSION_EXPORT std::vector<SystemProfile> read_profiles(const std::filesystem::path& folder);

/// Conversion to and from the text of the JSON file; errors name `place` as the source.
SCISSION_EXPORT SystemProfile parse_profile_json(std::string_view text, const std::string& place);
SCISSION_EXPORT std::string format_profile_json(const SystemProfile& profile);

/// The models in a .dat, a Python pickle. Interprets only the opcodes and globals that these files
/// need and runs no code; throws Error(damaged | unsupported) for everything else.
SCISSION_EXPORT std::vector<ModelProfile> parse_profile_dat(std::string_view bytes,
                                                            const std::string& place);

/// The original tool's file: a Python pickle, protocol 3, of a dictionary from model to list of
/// `__main__.LayerBenchmark`. `device` is empty as in all of the original's files, output_size the
/// payload and the 128 bytes of a .npy header. parse_profile_dat() and any unpickler that knows the
/// class can read it. O(blocks).
/// Throws Error(damaged) for a model that validate() rejects, for a duplicate name, and for an
/// output size that exceeds 64 bits with the header.
SCISSION_EXPORT std::string format_profile_dat(const SystemProfile& profile);

/// A CSV table with one row per block and a header row, as in RFC 4180 but with LF line ends. Times
/// in seconds, sizes in bytes; unknown cells are empty, and a quantity is unknown if it is 0 in all
/// blocks of a model.
SCISSION_EXPORT std::string format_blocks_csv(const SystemProfile& profile);

/// The statistics of the original's fork: for each model the rows layers, flops, params, output
/// (MiB, including the 128 bytes of a .npy header) and times (ms), with a column per block,
/// followed by the layers of each block. O(blocks).
SCISSION_EXPORT std::string format_statistics_csv(const SystemProfile& profile);

/// The path of the samples of a profile: PLATFORM-NAME.samples.csv for PLATFORM-NAME.json.
SCISSION_EXPORT std::filesystem::path samples_path(const std::filesystem::path& profile);

/// One row per sample, rounded to nanoseconds: model,first_layer,last_layer,round,seconds. The
/// layer cells of the whole model are empty. Rounds count from 1.
SCISSION_EXPORT std::string format_samples_csv(const SystemProfile& profile);

/// Replaces the samples of the profile's models and blocks by those of the text; ignores models and
/// blocks that the profile does not have. O(rows log series).
/// Throws Error(damaged, place) with the line; the profile is then unchanged.
SCISSION_EXPORT void add_samples(SystemProfile& profile, const std::string& text,
                                 const std::string& place);

}  // namespace scission
