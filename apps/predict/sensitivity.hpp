// What --sensitivity asks about: links and systems, by the names of systems or platforms.
#pragma once

#include <string>
#include <vector>

#include "request.hpp"
#include "scission/plan/problem.hpp"
#include "scission/search/plan_io.hpp"

namespace scission::predict {

/// The links ("FROM,TO") or systems ("NAME") that are meant, with their present value and no
/// ranges yet. A platform means those of its systems that the plan uses, else its only one.
/// Throws Error(invalid_argument) for an unknown name, a platform that leaves the choice open, and
/// where there is no such link.
std::vector<SensitivityAnswer> sensitivity_targets(const PartitionProblem& problem,
                                                   const Plan& best, const std::string& target);

/// The same with its ranges, over the request's range or 1/100 to 100 times the present value.
SensitivityAnswer sensitivity_of(const PartitionProblem& problem, const Request& request,
                                 SensitivityAnswer target, const SearchOptions& options);

}  // namespace scission::predict
