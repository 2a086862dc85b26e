// Quantiles of latencies and waits for client limits, as JSON.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/json_field.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"
#include "scission/stats.hpp"

namespace scission::runtime {

/// The latency of a request without an answer: longer than any that was answered.
constexpr double no_answer_s = std::numeric_limits<double>::infinity();

/// All 0 without samples. O(n log n).
inline Quantiles quantiles_of(const std::vector<double>& seconds) {
  if (seconds.empty()) return {};
  return {quantile(seconds, 0.5), quantile(seconds, 0.95), quantile(seconds, 0.99)};
}

/// null for an infinite one.
inline nlohmann::ordered_json to_json(const Quantiles& quantiles) {
  return {{"median", number_or_null(quantiles.median)},
          {"p95", number_or_null(quantiles.p95)},
          {"p99", number_or_null(quantiles.p99)}};
}

inline nlohmann::ordered_json limit_waits_json(const std::vector<LimitWaits>& waits) {
  return json_array(waits, [](const LimitWaits& wait) {
    return nlohmann::ordered_json{
        {"system", wait.system}, {"requests", wait.requests}, {"seconds", wait.seconds}};
  });
}

}  // namespace scission::runtime
