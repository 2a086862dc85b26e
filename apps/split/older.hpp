// What an earlier run left in the folder.
#pragma once

#include <filesystem>
#include <vector>

#include "scission/model/segments.hpp"

namespace scission::split {

/// The segments of the manifest in the folder; none without a manifest.
/// Throws as read_manifest() does when there is a manifest.json of another kind: it is not ours to
/// overwrite.
std::vector<Segment> older_segments(const std::filesystem::path& folder);

/// Throws Error(invalid_argument) when `source` is one of the older segments, which would be
/// overwritten or removed.
void check_source_stays(const std::filesystem::path& source, const std::filesystem::path& folder,
                        const std::vector<Segment>& older);

/// Removes the files of `older` that are not in `now`, as far as they have the size that was
/// noted, with Triton's configuration beside them and the folders that are empty then.
void remove_stale(const std::filesystem::path& folder, const std::vector<Segment>& older,
                  const std::vector<Segment>& now);

}  // namespace scission::split
