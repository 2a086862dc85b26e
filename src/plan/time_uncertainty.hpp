// The uncertainty of a system's block times, from its profile.
#pragma once

#include <vector>

#include "scission/plan/problem.hpp"

namespace scission {

/// The uncertainty of the times of `blocks`, whose boundaries must be among the model's own: from
/// the model's intervals and samples, as make_problem() describes. Unknown if a block that takes
/// time has no interval. O(blocks + samples).
TimeUncertainty uncertainty_of(const ModelProfile& model, const std::vector<Block>& blocks);

}  // namespace scission
