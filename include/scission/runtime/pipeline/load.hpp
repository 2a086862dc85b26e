// Driving a pipeline: requests in a closed loop, or at a rate.
#pragma once

#include <functional>
#include <vector>

#include "scission/base/export.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

/// How many requests are sent, and how fast.
struct SCISSION_EXPORT LoadOptions {
  int count = 20;       ///< requests that are reported
  int warmup = 3;       ///< requests before them that are not, one at a time
  int concurrency = 1;  ///< under way at once: the next is sent when one is answered
  double rate = 0;      ///< requests a second, evenly; > 0: instead of a closed loop
  /// At a rate: most under way at once; those that wait for it have begun to wait all the same.
  int most_under_way = 64;
  /// Looks at an answer's outputs, which are let go of afterwards; may be empty. Called from one
  /// thread at a time.
  std::function<void(const PipelineResult& result)> on_result;
  std::function<void(int done, int total)> on_progress;  ///< the same; may be empty
  /// Asked before each request, and ten times a second while none is due: false ends the drive.
  /// Those under way are waited for, and the report has those that were sent. Empty: true.
  std::function<bool()> goes_on;
};

/// What became of them.
struct SCISSION_EXPORT LoadReport {
  std::vector<PipelineResult> results;  ///< in the order of sending, without outputs
  double elapsed_s = 0;                 ///< from the first request to the last answer
  double throughput = 0;                ///< answers a second
};

/// Adds what another drive gave: its results after these, times added up.
SCISSION_EXPORT void append(LoadReport& report, LoadReport more);

/// `send` takes one request's inputs from wherever it likes, and either calls `done` once, as
/// Pipeline::send() does, or throws. At a rate, a request's latency counts from when it was due.
/// Throws Error(invalid_argument) on options out of range; what `send` or one of the
/// options' functions throws ends the drive and is thrown here, when nothing is under way any more.
SCISSION_EXPORT LoadReport
drive(const std::function<void(std::function<void(PipelineResult)> done)>& send,
      const LoadOptions& options);

}  // namespace scission::runtime
