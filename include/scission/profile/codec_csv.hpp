// What codecs do at each cut, as a table for spreadsheets.
#pragma once

#include <string>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// A CSV table with one row per model, cut and codec and a header row, in the form of
/// format_blocks_csv(): times in seconds, sizes in bytes; unknown cells are empty, as the layer of
/// the model's input is. The columns are those of docs/profile-format.md. O(blocks + codecs).
SCISSION_EXPORT std::string format_codecs_csv(const SystemProfile& profile);

}  // namespace scission
