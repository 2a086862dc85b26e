// What a run comes to: where the time went, at the median and in the tail.
#pragma once

#include <string>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/plan/plan.hpp"
#include "scission/runtime/pipeline/load.hpp"

namespace scission::runtime {

/// Quantiles over the answered requests (type 7 of Hyndman & Fan, 1996).
struct SCISSION_EXPORT Spread {
  double median = 0;
  double p95 = 0;
  double p99 = 0;
};

/// One hop over all requests, seconds. See HopTiming.
struct SCISSION_EXPORT HopSummary {
  std::string from;
  std::string to;
  double bytes = 0;  ///< of one request's message
  Spread serialise;
  Spread transfer;
  Spread deserialise;
  Spread queue;
  Spread compute;
  /// Serialise, transfer and deserialise of one request together: what a plan calls a transfer.
  Spread passing;
};

/// A run in figures, over all its requests.
struct SCISSION_EXPORT RunSummary {
  int requests = 0;
  int answered = 0;
  int repeated = 0;  ///< requests of which a call was sent more than once
  Spread latency;
  double throughput = 0;  ///< answers a second
  std::vector<HopSummary> hops;
};

/// Of those that were answered over the same stages as the first of them. All 0 when none was.
SCISSION_EXPORT RunSummary summarise(const LoadReport& report);

/// What a plan says of one hop: the way to a stage, 0 where there is none, and the stage.
struct SCISSION_EXPORT HopPrediction {
  std::string system;
  double transfer_s = 0;
  double compute_s = 0;
};

/// One for each stage of the plan, in order. A last transfer to a destination is left out: answers
/// come back on the way that requests went.
SCISSION_EXPORT std::vector<HopPrediction> predicted_hops(const PlanTimeline& plan);

/// (measured − predicted) ÷ predicted; 0 where nothing was predicted.
SCISSION_EXPORT double relative_error(double measured, double predicted);

}  // namespace scission::runtime
