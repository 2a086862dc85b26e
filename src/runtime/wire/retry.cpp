#include "runtime/wire/retry.hpp"

#include <algorithm>
#include <cmath>

namespace scission::runtime {
namespace {

constexpr double max_backoff_s = 1;

// 0.75 to 1.25, from the seed by splitmix64's finaliser.
double jitter(std::uint64_t seed) {
  seed += 0x9E3779B97F4A7C15U;
  seed = (seed ^ (seed >> 30U)) * 0xBF58476D1CE4E5B9U;
  seed = (seed ^ (seed >> 27U)) * 0x94D049BB133111EBU;
  seed ^= seed >> 31U;
  return 0.75 + 0.5 * std::ldexp(static_cast<double>(seed >> 11U), -53);
}

}  // namespace

std::optional<double> wait_before_retry(const RetryOptions& options, const CallFailure& failure,
                                        int attempts, double elapsed_s, std::uint64_t seed) {
  if (!failure.is_transient || attempts > options.retries) return std::nullopt;
  const double backoff_s = std::ldexp(options.backoff_s, std::min(attempts - 1, 30));
  const double wait_s =
      std::min(backoff_s, max_backoff_s) * jitter(seed + static_cast<std::uint64_t>(attempts));
  if (elapsed_s + wait_s >= options.deadline_s) return std::nullopt;
  return wait_s;
}

}  // namespace scission::runtime
