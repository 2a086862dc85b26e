// What casts doubt on a measurement, in sentences that say what to do.
#pragma once

#include <string>
#include <vector>

#include "measuring/samples.hpp"
#include "scission/measure.hpp"
#include "scission/profile.hpp"

namespace scission {

/// Looks for a drift of the rounds, for outliers among them, for a sum of blocks that differs from
/// the whole model beyond noise, for a precision that was not reached, and for blocks too short for
/// the clock. `widest` is the widest interval that had to be narrow.
std::vector<std::string> doubts(const Samples& samples, const ModelProfile& profile, double widest,
                                const MeasureOptions& options, const ClockFigures& clock);

}  // namespace scission
