// Validation of problems and queries.
#pragma once

#include "scission/search/search.hpp"

namespace scission::search_detail {

/// Problems from make_problem() are always valid; others may not be. Throws Error(invalid_argument)
/// for inconsistent sizes and for invalid times, bandwidths or bytes.
/// O(systems × (systems + blocks)).
void validate(const PartitionProblem& problem);
void validate_link(const std::optional<Link>& link);

/// Validates the problem, and the query except for its names. Throws Error(invalid_argument) for
/// numbers out of range and conflicting options, Error(infeasible) for a layer that the model does
/// not have.
void validate(const PartitionProblem& problem, const Query& query);

}  // namespace scission::search_detail
