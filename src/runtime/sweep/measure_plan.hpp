// The measurement of one plan under one condition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/sweep/journal.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/runtime/sweep/run_sweep.hpp"

namespace scission::runtime {

/// One answered request.
struct RequestSample {
  double seconds = 0;
  std::vector<double> system_seconds;  ///< computing time of each system
};

/// Sends one request and waits for its answer. Throws Error(io) without one.
using RequestSender = std::function<RequestSample()>;

/// Whether the median's 95 % interval is at most `width` times the median wide; never with fewer
/// than six samples, which bound no median.
bool is_precise(const std::vector<double>& samples, double width);

/// Sends requests until their median is precise or max_count is reached. A try that fails with an
/// Error or stays imprecise is repeated, up to precision.tries. Of several tries, the first precise
/// one counts, else the one with the narrowest interval, else the last failure. `before_each` runs
/// before each request; exceptions that are not an Error end the measurement and are passed on.
Measurement measure(const RequestSender& send, const SweepPrecision& precision,
                    const std::function<void()>& before_each);

/// Sends through a pipeline, which must outlive the result; `systems` are those of system_seconds.
/// Throws Error(not_found) where a worker has lost its segment.
RequestSender sender(Pipeline& pipeline, const std::vector<Tensor>& inputs,
                     const std::vector<std::string>& systems);

}  // namespace scission::runtime
