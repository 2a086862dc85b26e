// Measurement of one direction of a link.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "scission/plan/network.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// Sends a message of `bytes` and returns the seconds that it took.
using Probe = std::function<double(std::size_t bytes)>;

/// Seconds since a fixed moment.
using StopWatch = std::function<double()>;

/// The median of each size's probes, made non-decreasing by a running maximum. Each round probes
/// all sizes in turn, so that drift affects all alike; there are up to `options.repeats` rounds,
/// and none but the first begins after `options.max_time_s`. An extra probe of the first size comes
/// before: it may have to connect. Passes on the probe's exceptions.
std::vector<CurvePoint> measure_curve(const Probe& probe, const LinkOptions& options,
                                      const StopWatch& elapsed_s);

}  // namespace scission::runtime
