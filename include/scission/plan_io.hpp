// Plans as text and as JSON.
#pragma once

#include <string>
#include <vector>

#include "scission/plan.hpp"
#include "scission/search.hpp"

namespace scission {

/// "Device(raspi4) = 0 - 6, Edge(None) = -1 - -1, Cloud(vm) = 7 - 25": the layers on every
/// platform. The source is named even where it runs no layer.
std::string format_distribution(const PartitionProblem& problem, const Plan& plan);

/// The original's result line: "[1] 9.0106s - 2.4087MB - Device(raspi4) = 0 - 6, …".
std::string format_result_line(const PartitionProblem& problem, const Plan& plan,
                               double input_bytes, int rank);

/// The whole answer for programs; docs/plan-format.md describes it field by field.
std::string format_result_json(const PartitionProblem& problem, const Query& query,
                               const Result& result);

}  // namespace scission
