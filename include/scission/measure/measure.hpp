// Timing a model and its blocks. docs/measuring.md gives the reason for every choice.
#pragma once

#include <functional>

#include "scission/backend/runnable.hpp"
#include "scission/base/export.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

/// How far measure() has come.
struct SCISSION_EXPORT MeasureProgress {
  int round = 0;           ///< finished rounds, those of the warm-up included
  bool is_warm = false;    ///< the warm-up is over
  int block = 0;           ///< runs next; the number of blocks between two rounds
  double precision = 0;    ///< widest relative interval of what has to be narrow; 0 until known
  double elapsed_s = 0;    ///< since measuring began
  double remaining_s = 0;  ///< estimated: until the precision, or an end, is reached
};

/// How precisely and how long to measure.
struct SCISSION_EXPORT MeasureOptions {
  /// Measuring ends when the 95 % interval of the median is no wider than this share of the median,
  /// for the whole model and for every block that takes over 1 % of the blocks' sum; > 0.
  double precision = 0.02;
  double max_time_s = 60;  ///< no round begins later than this after the start; ≥ 0
  int max_rounds = 1000;   ///< that count, ≥ 1
  int max_warmup = 30;     ///< rounds that do not count; fewer when they are steady sooner; ≥ 0
  /// Called after every block, outside of what is timed; may be empty. Throwing from it ends the
  /// measurement.
  std::function<void(const MeasureProgress&)> on_progress;
  /// Called before each run of the whole model and before each chain of blocks, outside of what is
  /// timed; may be empty. A pause there measures what a machine takes that waits for requests.
  std::function<void()> before_run;
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
/// any round ever took. Every figure has a 95 % interval that allows for rounds that resemble their
/// neighbours.
///
/// Rounds before the times stop falling are warm-up. The first run of everything is kept apart, as
/// cold. At least one round counts, whatever `max_time_s`. What casts doubt on the figures is in
/// the profile's warnings.
///
/// After the first round the chain's output is compared with the whole model's.
/// Throws Error(mismatch) when they differ, Error(invalid_argument) on options out of range.
SCISSION_EXPORT ModelProfile measure(Runnable& model, const MeasureOptions& options = {});

/// The steady clock's smallest step and what reading it takes, both in seconds.
struct SCISSION_EXPORT ClockFigures {
  double resolution_s = 0;
  double overhead_s = 0;
};

/// Measured on the spot, in well under a millisecond. `clock` as in MeasureOptions.
SCISSION_EXPORT ClockFigures measure_clock(const std::function<double()>& clock = {});

}  // namespace scission
