// What choosing the fastest of noisy times promises where there is nothing to gain.
#pragma once

#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/plan_fits.hpp"

namespace scission {

/// Of the plans that every condition has a time for; nothing where there is none.
/// O(conditions · (conditions + plans)).
std::optional<NoiseAlone> find_by_noise_alone(const PlanFits& fits, double least_gain);

}  // namespace scission
