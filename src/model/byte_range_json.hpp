// The range of a size that depends on data, as two optional members of a JSON object.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

#include "base/json_field.hpp"
#include "scission/model.hpp"

namespace scission {

/// Adds both members; none where there is no range.
inline void put_byte_range(nlohmann::ordered_json& json, const char* smallest, const char* largest,
                           const std::optional<ByteRange>& seen) {
  if (!seen) return;
  json[smallest] = seen->smallest;
  json[largest] = seen->largest;
}

/// The range; nullopt where neither member is there. Throws Error(damaged) with the member that is
/// missing or contradicts the other.
inline std::optional<ByteRange> read_byte_range(const JsonField& json, const char* smallest,
                                                const char* largest) {
  if (!json.contains(smallest) && !json.contains(largest)) return std::nullopt;
  const ByteRange seen{json.at(smallest).count(), json.at(largest).count()};
  if (seen.largest < seen.smallest) json.at(largest).fail("must not be below the smallest size");
  return seen;
}

}  // namespace scission
