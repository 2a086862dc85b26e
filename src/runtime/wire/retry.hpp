// When to repeat a failed call.
#pragma once

#include <cstdint>
#include <optional>

#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// How often a failed call is repeated. See PipelineOptions.
struct RetryOptions {
  double deadline_s = 10;  ///< of the call, including all attempts
  int retries = 3;         ///< attempts after the first one
  double backoff_s = 0.02;
};

/// Seconds to wait before the next attempt after `attempts` failed ones, `elapsed_s` after the
/// first one began; nullopt when the failure is not transient, or retries or time are used up.
/// Exponential backoff up to a second, with a jitter of a quarter by `seed`, so that requests that
/// failed together are not repeated together.
std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double elapsed_s, std::uint64_t seed);

}  // namespace scission::runtime
