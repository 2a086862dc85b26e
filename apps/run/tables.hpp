// What scission-run prints.
#pragma once

#include <string>
#include <vector>

#include "scission/runtime/run/run_plans.hpp"

namespace scission::run {

using runtime::PlanRun;

/// 1 where a request was lost or an answer is wrong, and reports the first on stderr; else 0.
int exit_code_of(const std::vector<PlanRun>& runs);

/// "device 0-6 → edge1 7-25".
std::string route_text(const PlanTimeline& plan);

/// Where the time went: a row a hop, with the plan's figures and how far they are off, and the
/// lines below it.
std::string hops_text(const PlanRun& run);

/// Of several plans: a row each, measured beside predicted, and whether the first is the first.
std::string ranking_text(const std::vector<PlanRun>& runs);

}  // namespace scission::run
