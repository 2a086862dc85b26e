// Seeded random problems and queries.
#pragma once

#include <random>

#include "scission/search.hpp"

namespace scission::testing {

/// Up to 4 platforms, 3 systems each, 8 blocks. Every figure is a small multiple of a power of
/// two, so that costs add up without rounding and equal costs are frequent.
PartitionProblem random_problem(std::mt19937& random);

/// Constraints of every kind, each with some chance.
Query random_query(std::mt19937& random, const PartitionProblem& problem);

}  // namespace scission::testing
