// What casts doubt on a measurement, in sentences that say what to do.
#pragma once

#include <string>
#include <vector>

#include "measure/estimates.hpp"
#include "measure/samples.hpp"
#include "scission/measure/measure.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// Looks for a drift of the rounds, for outliers among them, for a sum of blocks that differs from
/// the whole model beyond noise, for a precision that was not reached, and for blocks too short for
/// the clock. `widest` is the widest interval that had to be narrow.
std::vector<std::string> doubts(const Samples& samples, const ModelProfile& profile, double widest,
                                const MeasureOptions& options, const ClockFigures& clock);

/// What is to be said of several passes together: what they gave, each kind once, as the first of
/// them says it; of the joint figures anew, the precision only where a pass fell short of its own;
/// and that the passes differ. `wholes` is the whole model's time in each pass.
std::vector<std::string> joint_doubts(const ModelProfile& joint,
                                      const std::vector<std::string>& of_passes,
                                      const std::vector<TimeEstimate>& wholes, double precision);

}  // namespace scission
