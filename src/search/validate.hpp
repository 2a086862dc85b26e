// Whether a query can be meant at all.
#pragma once

#include "scission/search/search.hpp"

namespace scission::search_detail {

/// What make_problem() makes is always so; one made by hand may not be. Throws
/// Error(invalid_argument) on sizes that do not fit each other, and on numbers that are no times,
/// bandwidths or bytes. O(systems × (systems + blocks)).
void validate(const PartitionProblem& problem);
void validate_link(const std::optional<Link>& link);

/// The problem as above, and of the query everything but names. Throws Error(invalid_argument) for
/// numbers out of range and options that exclude each other, Error(infeasible) for a layer that the
/// model does not have.
void validate(const PartitionProblem& problem, const Query& query);

}  // namespace scission::search_detail
