// Use of a link: measuring one direction, and pacing an upload that shares it.
#pragma once

#include <cstddef>
#include <cstdint>
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

/// Sizes of pieces and pauses between them, with which an upload uses no more than a share of a
/// link and has few bytes in flight, so that other traffic is hardly delayed. One piece at a time
/// is sent and acknowledged; its time beyond that of the fastest acknowledgement is its time on the
/// link. Has no clock.
class UploadPacer {
 public:
  /// `answer_s`: time until a small message is acknowledged.
  explicit UploadPacer(double answer_s) : answer_s_(answer_s) {}

  std::int64_t piece_bytes() const { return piece_bytes_; }  ///< of the next piece

  /// Takes the time until a piece of `bytes` was acknowledged, and returns the seconds to wait
  /// before the next one. `share` of the link: above 0 and below 1.
  double pause_after(std::int64_t bytes, double seconds, double share);

 private:
  void resize(std::int64_t bytes, double on_link_s, double wanted_s);

  double answer_s_;
  std::int64_t piece_bytes_ = 16 << 10;
};

}  // namespace scission::runtime
