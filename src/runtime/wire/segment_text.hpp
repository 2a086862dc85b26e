// One segment as text: how it is told to a worker, and kept there.
#pragma once

#include <string>
#include <string_view>

#include "scission/model/segments.hpp"

namespace scission::runtime {

/// manifest.json with this one segment, its layers numbered from 0, as every manifest's are.
std::string format_segment(const Segment& segment);

/// Back, with layers numbered from 0. Throws as parse_manifest(), and Error(damaged) on more than
/// one segment.
Segment parse_segment(std::string_view text, const std::string& place);

}  // namespace scission::runtime
