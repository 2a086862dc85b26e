// Whether a query can be meant at all.
#pragma once

#include "scission/search.hpp"

namespace scission::search_detail {

/// Checks everything but names. Throws Error(invalid_argument) for numbers out of range and options
/// that exclude each other, Error(infeasible) for a layer that the model does not have.
void validate(const PartitionProblem& problem, const Query& query);

}  // namespace scission::search_detail
