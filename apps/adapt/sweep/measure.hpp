// One plan under one condition.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapt/sweep/journal.hpp"
#include "adapt/sweep/request.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::sweep {

/// Sends one request and waits; a request that is not answered is an Error(io).
struct RequestSample {
  double seconds = 0;
  std::vector<double> system_seconds;  ///< that each system computed
};

/// Whether half of the median's 95 % interval is within the share of it that is wanted. Fewer than
/// six samples bound no median.
bool is_precise(const std::vector<double>& samples, double width);

/// Requests until they are precise or max_count is reached; `before_each` may throw to end it.
/// Fills in samples, system_seconds and is_stable.
Measurement measure_once(const std::function<RequestSample()>& send, const Precision& precision,
                         const std::function<void()>& before_each);

/// The same, again where it fails with an Error or stays imprecise, up to precision.tries: of
/// several, the first that is precise, else the one with the narrowest interval, else the last
/// failure. What is no Error passes.
Measurement measure(const std::function<RequestSample()>& send, const Precision& precision,
                    const std::function<void()>& before_each);

/// By a pipeline: `systems` are those of system_seconds.
std::function<RequestSample()> sender(runtime::Pipeline& pipeline,
                                      const std::vector<Tensor>& inputs,
                                      const std::vector<std::string>& systems);

}  // namespace scission::sweep
