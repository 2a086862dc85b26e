// A profile's times from its single times.
#pragma once

#include <vector>

#include "measure/estimates.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Fills in all times of the profile and of its blocks, their intervals and summaries, from the
/// samples and from `passes`, whose rounds must be those of every series. Returns the whole model's
/// time in each pass. O(resamples · samples).
std::vector<TimeEstimate> set_figures(ModelProfile& profile);

}  // namespace scission
