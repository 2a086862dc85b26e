// A slower machine than this one, for testbeds: everything computed takes longer by a factor.
// `speed` is a share of this machine's, above 0 and up to 1. Everything here throws
// Error(invalid_argument) for another one.
#pragma once

#include <functional>

#include "scission/backend/stage_model.hpp"
#include "scission/base/export.hpp"

namespace scission {

/// Seconds on a monotonic clock that goes 1 / `speed` times as fast: what is measured by it takes
/// as long as on the slower machine. For MeasureOptions::clock. Waiting after every block instead
/// would change what is measured: a block after a pause of a millisecond takes up to half as long
/// again.
SCISSION_EXPORT std::function<double()> clock_of_speed(double speed);

/// Stages that wait after each run until it has taken 1 / `speed` times as long, asleep but for the
/// end: other systems on this machine may compute meanwhile. Unlike a CPU quota this knows no
/// bursts: a quota lets what it has saved up in a pause through at full speed.
SCISSION_EXPORT StageLoader paced(StageLoader load, double speed);

}  // namespace scission
