// What the readers of `scission-predict --json` (docs/plan-format.md) have in common.
#pragma once

#include <string>
#include <vector>

#include "base/json_field.hpp"
#include "scission/plan/plan.hpp"

namespace scission {

/// Throws Error(damaged) for JSON that is no plan, Error(unsupported) for a newer version.
void check_plan_format(const nlohmann::json& document, const std::string& place);

/// The stages of one plan: in order, without gaps from layer 0, one at least. Throws
/// Error(damaged).
std::vector<Placement> read_placements(const JsonField& stages);

}  // namespace scission
