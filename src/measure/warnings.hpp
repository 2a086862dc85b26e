// Warnings about the quality of a measurement; each suggests a remedy.
#pragma once

#include <string>
#include <vector>

#include "measure/estimates.hpp"
#include "scission/measure/measure.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Detects a drift of the rounds, outliers, a sum of blocks that differs significantly from the
/// whole model, a precision that was not reached, and blocks too short for the clock. `widest` is
/// the widest relative interval that MeasureOptions::precision applies to.
std::vector<std::string> find_warnings(const Samples& samples, const ModelProfile& profile,
                                       double widest, const MeasureOptions& options,
                                       const ClockFigures& clock);

/// Warnings about several passes together: those of the passes, each kind once, in the words of the
/// first; those about the joint times, recomputed, of which the precision only if a pass missed its
/// own; and one if the passes differ. `wholes` is the whole model's time in each pass.
std::vector<std::string> joint_warnings(const ModelProfile& joint,
                                        const std::vector<std::string>& of_passes,
                                        const std::vector<TimeEstimate>& wholes, double precision);

}  // namespace scission
