// When a failed call is sent again.
#pragma once

#include <cstdint>
#include <optional>

#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// How often a failed call is retried. See PipelineOptions.
struct RetryOptions {
  double deadline_s = 10;  ///< of the call, including all attempts
  int retries = 3;         ///< attempts after the first one
  double backoff_s = 0.02;
};

/// Seconds to wait before the next attempt after `attempts` of them, `elapsed_s` since the first
/// began; nothing when there is to be none: the failure is no passing one, retries or time are used
/// up. Twice as long each time, up to a second, and up to a quarter more or less by `seed`, so that
/// requests that failed together do not come again together.
std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double elapsed_s, std::uint64_t seed);

}  // namespace scission::runtime
