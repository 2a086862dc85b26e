// What scission-run prints.
#pragma once

#include <string>
#include <vector>

#include "scission/runtime/run/run_plans.hpp"

namespace scission::run {

using runtime::PlanRun;

/// 1 where a request was lost or an answer is wrong, and reports the first on stderr; else 0.
int exit_code_of(const std::vector<PlanRun>& runs);

/// "end to end: 12.3 ms at the median, 13.1 ms p95, 15.0 ms p99"
std::string latency_text(const runtime::Quantiles& latency);

/// "20 requests, all answered, 1 after sending them again"
std::string count_line(int requests, int answered, int repeated);

/// How near the answers are to the whole model's, where none is wrong.
std::string verified_line(double largest_difference);

/// Where the time went: a row a hop, with the plan's figures and how far they are off, and the
/// lines below it.
std::string hops_text(const PlanRun& run);

/// Of several plans: a row each, measured beside predicted, and whether the first is the first.
std::string ranking_text(const std::vector<PlanRun>& runs);

}  // namespace scission::run
