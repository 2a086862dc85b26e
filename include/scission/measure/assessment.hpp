// Whether a benchmark can be relied on: the warnings of all its models by kind, and a verdict.
#pragma once

#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Kinds of warnings (ModelProfile::warnings).
enum class WarningKind {
  imprecise,      ///< the precision was not reached
  drifting,       ///< the rounds got slower or faster
  disturbed,      ///< some rounds took far longer than the others
  unlike_passes,  ///< the passes differ
  sum_differs,    ///< the blocks do not add up to the whole model
  short_blocks,   ///< blocks too short for the clock
  other,
};

/// "imprecise", "drifting", "disturbed", "passes differ", "sum differs", "short blocks", "other".
SCISSION_EXPORT std::string to_string(WarningKind kind);

/// The kind of a warning.
SCISSION_EXPORT WarningKind warning_kind_of(const std::string& warning);

/// The models with warnings of one kind.
struct SCISSION_EXPORT WarningGroup {
  WarningKind kind = WarningKind::other;
  std::vector<std::string> models;  ///< in the profile's order
  std::string example;              ///< the warning of the first of them
};

/// Result of assess_measurement().
struct SCISSION_EXPORT MeasurementAssessment {
  std::vector<std::string> fine;       ///< models without a warning
  std::vector<WarningGroup> warnings;  ///< by kind, in the order of WarningKind
  /// Whether times can be relied on within their intervals: the machine was steady, and no whole
  /// model's 95 % interval is wider than ±5 % or, with fewer than 6 rounds, unknown.
  bool is_usable = true;
  /// "usable", "usable; …" with what to bear in mind, or "measure again: …" with the reasons.
  std::string text;
};

/// Judges these models of a profile; all of them if `models` is empty. O(models · warnings).
SCISSION_EXPORT MeasurementAssessment
assess_measurement(const SystemProfile& profile, const std::vector<std::string>& models = {});

}  // namespace scission
