// A plan in a few words.
#pragma once

#include <string>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/plan/problem.hpp"

// For our own tools, which share this with the library.
namespace scission {

/// The systems that run something, in order: "pi → box → vm". Of a long route the ends and "…".
SCISSION_EXPORT std::string systems_of_route(const PartitionProblem& problem, const Plan& plan);

/// With their layers: "pi 0-6 → box 7-25", and " → pi" where the output goes there.
SCISSION_EXPORT std::string layers_of_route(const PartitionProblem& problem, const Plan& plan);

}  // namespace scission
