// Plans as `scission-predict --json` writes them (docs/plan-format.md).
#pragma once

#include <string>
#include <vector>

#include "base/json_field.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

/// Throws Error(damaged) for JSON that is not in the plan format, Error(unsupported) for a newer
/// version.
void validate_plan_format(const nlohmann::json& document, const std::string& place);

/// The stages of one plan: in order, without gaps from layer 0, at least one. Throws
/// Error(damaged).
std::vector<Placement> parse_placements(const JsonField& stages);

/// Appends an item that begins where the last one ends.
void add_item(TimelineItem item, PlanTimeline& timeline);

/// A plan with its costs. Throws Error(damaged).
PlanTimeline parse_timeline(const JsonField& json);

}  // namespace scission
