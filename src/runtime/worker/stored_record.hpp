// The file that says which segment a model is.
#pragma once

#include <string>
#include <string_view>

#include "scission/model/segments.hpp"

namespace scission::runtime {

/// A segment under the name that it is served by.
struct NamedSegment {
  std::string model;
  Segment segment;
};

std::string format_record(const NamedSegment& model);

/// Throws Error(damaged | unsupported) that names the field, `place` being the file.
NamedSegment parse_record(std::string_view text, const std::string& place);

}  // namespace scission::runtime
