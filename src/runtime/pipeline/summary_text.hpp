// Figures of requests as lines of text.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "scission/base.hpp"
#include "scission/runtime/pipeline/pipeline.hpp"

namespace scission::runtime {

inline std::string latency_or_none(double seconds) {
  return std::isfinite(seconds) ? format_duration(seconds) : "no answer";
}

/// "end to end: 12.3 ms at the median, 13.1 ms p95, 15.0 ms p99"
inline std::string latency_text(const Quantiles& latency) {
  return fmt::format("end to end: {} at the median, {} p95, {} p99",
                     latency_or_none(latency.median), latency_or_none(latency.p95),
                     latency_or_none(latency.p99));
}

/// "20 requests, all answered, 1 sent more than once"
inline std::string count_line(int requests, int answered, int repeated) {
  std::string line = fmt::format("{} requests, {} answered", requests,
                                 answered == requests ? "all" : std::to_string(answered));
  if (repeated > 0) line += fmt::format(", {} sent more than once", repeated);
  return line + "\n";
}

/// How near the answers are to the whole model's, where none is wrong.
inline std::string verified_line(double largest_difference) {
  if (largest_difference == 0) return "every answer is the whole model's, bit for bit\n";
  return fmt::format(
      "every answer is the whole model's but for rounding: {:.2g} of its largest number at most\n",
      largest_difference);
}

}  // namespace scission::runtime
