#include "runtime/wire/segment_text.hpp"

#include <utility>

#include "scission/base/error.hpp"

namespace scission::runtime {

std::string format_segment(const Segment& segment) {
  SegmentManifest manifest;
  manifest.model = "segment";
  manifest.segments = {segment};
  manifest.segments.front().last_layer -= segment.first_layer;
  manifest.segments.front().first_layer = 0;
  return format_manifest(manifest);
}

Segment parse_segment(std::string_view text, const std::string& place) {
  SegmentManifest manifest = parse_manifest(text, place);
  if (manifest.segments.size() == 1) return std::move(manifest.segments.front());
  throw Error(ErrorCode::damaged, "holds more than one segment", place);
}

}  // namespace scission::runtime
