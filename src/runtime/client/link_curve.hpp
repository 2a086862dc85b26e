// One direction of a link, timed.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "scission/plan/network.hpp"
#include "scission/runtime/client/client.hpp"

namespace scission::runtime {

/// Seconds that a message of so many bytes took.
using Probe = std::function<double(std::size_t bytes)>;

/// Seconds since some moment.
using Watch = std::function<double()>;

/// The medians of probes of each size, rising by force. All sizes in turn, so that what drifts
/// drifts alike for all, up to `options.repeats` rounds; no round begins after
/// `options.max_time_s` but the first. One probe more of the first size comes before: it may make
/// the connection. Throws what the probe throws.
std::vector<CurvePoint> measure_curve(const Probe& probe, const LinkOptions& options,
                                      const Watch& watch);

}  // namespace scission::runtime
