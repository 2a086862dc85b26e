// When to repeat a failed call.
#pragma once

#include <cstdint>
#include <optional>

#include "scission/runtime/wire/calls.hpp"

namespace scission::runtime {

/// Seconds to wait before the next attempt after `attempts` failed ones, `left_s` before the
/// deadline; nullopt when the failure is not transient, or retries or time are used up. Exponential
/// backoff up to a second, with a jitter of a quarter by `seed`, so that requests that failed
/// together are not repeated together.
std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double left_s, std::uint64_t seed);

}  // namespace scission::runtime
