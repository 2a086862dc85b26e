// Which sensitivities have a meaning. All throw Error(invalid_argument) that says why one has none.
#pragma once

#include <string>
#include <vector>

#include "scission/search/search.hpp"

namespace scission {

[[noreturn]] void refuse_sensitivity(const std::string& message);

void require_system(const PartitionProblem& problem, int system);

/// 0 < low < high.
void require_range(double low, double high);

/// There must be such a link, and it must have a bandwidth.
void require_link(const PartitionProblem& problem, int from, int to);

/// The objective must be a straight line in what changes, and no limit on what it moves.
void require_unmoved(const Query& query, const std::vector<Metric>& moved, const char* by);

/// No limit on computing that the system's slowdown would move.
void require_compute_unmoved(const PartitionProblem& problem, const Query& query, int system);

}  // namespace scission
