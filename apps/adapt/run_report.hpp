// The output of scission-adapt run for people.
#pragma once

#include <string>

#include "scission/runtime/adaptive/adaptive_pipeline.hpp"

namespace scission::apps {

/// Tables of plans and switches, delays around switches, and the totals.
std::string format_report(const runtime::AdaptiveReport& report);

/// "12.3 s: plan 2, device 0-6 → edge1 7-25: faster by 12 %; …": printed when it happens.
std::string format_switch(const runtime::PlanSwitch& change, const std::string& to);

/// exit_failed where an answer is missing or wrong, which is printed on stderr; else exit_done.
int exit_code_of(const runtime::AdaptiveReport& report);

}  // namespace scission::apps
