// Profiles for other programs. docs/profile-format.md describes the formats.
#pragma once

#include <string>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

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

}  // namespace scission
