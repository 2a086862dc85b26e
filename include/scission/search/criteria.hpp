// The criteria language: what a user demands of one platform, as the original spells it.
//
//     "3,!10,@device1"    layer 3 must run here, layer 10 must not, and on device1
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scission/base/export.hpp"

namespace scission {

/// Demands on one platform. An empty one demands nothing.
struct SCISSION_EXPORT Criteria {
  std::vector<int> layers;                    ///< these layers must run here
  std::vector<int> excluded_layers;           ///< these must not
  std::optional<bool> used;                   ///< whether any layer may (must) run here
  std::vector<std::string> systems;           ///< a layer must run here, on one of these
  std::vector<std::string> excluded_systems;  ///< never on one of these

  /// Whether a plan must run at least one layer here.
  bool requires_use() const;

  friend bool operator==(const Criteria&, const Criteria&) = default;
};

/// Reads criteria separated by commas, spaces around them ignored:
///   `7` layer 7 must run here      `!7` must not       `-1` nothing runs here   `!-1` something
///   `name` or `@name` this system  `!name` or `!@name` not this one
/// A bare number is always a layer; `@2500` names a system whose name is all digits.
/// Throws Error(invalid_argument) that quotes the criterion it cannot read.
SCISSION_EXPORT Criteria parse_criteria(std::string_view text);

/// A limit on a platform's compute time: in seconds, or as a share of the plan's whole compute
/// time.
struct SCISSION_EXPORT TimeLimit {
  double value = 0;  ///< seconds, or a share (0.2 for 20 %)
  bool is_share = false;

  friend bool operator==(const TimeLimit&, const TimeLimit&) = default;
};

/// Reads "0.8" (seconds) or "20%". Throws Error(invalid_argument) on anything else, on what is
/// below 0, and on a share above 100 %.
SCISSION_EXPORT TimeLimit parse_time_limit(std::string_view text);

}  // namespace scission
