// Timing a model and its blocks.
#pragma once

#include <functional>

#include "scission/profile.hpp"
#include "scission/runnable.hpp"

namespace scission {

struct MeasureProgress {
  int round = 0;           ///< finished rounds, warm-up included
  int rounds = 0;          ///< of that many
  double elapsed_s = 0;    ///< since measuring began
  double remaining_s = 0;  ///< estimated from the finished rounds
};

struct MeasureOptions {
  int warmup = 3;        ///< rounds that do not count
  int repetitions = 10;  ///< rounds that count, ≥ 1
  /// Called after every round; may be empty. Throwing from it ends the measurement.
  std::function<void(const MeasureProgress&)> on_progress;
  /// Seconds on a monotonic clock; empty: std::chrono::steady_clock. Tests put in their own.
  std::function<double()> clock;
};

/// Times `model` in rounds: each runs the whole model once and then every block once, in order,
/// each block on its predecessor's fresh output, so that caches and noise hit both alike.
/// What is timed is run_whole() and run_block() alone.
///
/// A block's seconds are its mean over the middle half of the rounds, by the time that their chains
/// took; the whole model's are the mean of the middle half of its own times. Such means add up,
/// where medians do not: noise is skewed, so the medians of many short blocks sum up to less than
/// any round ever took.
///
/// After the first round the chain's output is compared with the whole model's.
/// Throws Error(mismatch) when they differ, Error(invalid_argument) on options out of range.
ModelProfile measure(Runnable& model, const MeasureOptions& options = {});

}  // namespace scission
