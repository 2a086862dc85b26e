// Timing a model and its blocks, in one or several processes. docs/measuring.md explains the
// protocol.
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

/// How many processes the profile's rounds come from; 1 where it does not say.
SCISSION_EXPORT int pass_count(const ModelProfile& profile);

/// Whether the profile has the single times of all its passes: of the whole model and of every
/// block as many as its passes have rounds, and with the medians that its summaries state, to the
/// nanosecond that a file of samples keeps. O(samples log samples).
SCISSION_EXPORT bool has_samples_of_passes(const ModelProfile& profile);

/// `earlier`, of one or more passes, and `pass`, which came after it, as one profile, all of whose
/// times are a function of the samples and of `passes` alone: whoever goes on from files gets what
/// an uninterrupted run does.
///
/// Every time is the mean of its passes' own figures (measure.hpp). Its 95 % interval is the wider
/// of two: the passes' intervals, as those of independent figures of which a mean is taken, and
/// Student's t for what the passes' figures differ by, so that it speaks of a process and a moment
/// like these, not of one of them. Summaries are of all samples. Rounds, warm-up and measuring time
/// are sums; memory is the most; what was cold, and loading, is the first pass's. Warnings of a
/// kind are there once, as the first pass gives them; those of the figures are made anew, that of
/// the precision where a pass fell short of its own and the joint precision() is wider than
/// `precision`. Passes that differ beyond their intervals, and by over 5 %, are one more.
///
/// Throws Error(mismatch) when the two are of other models or blocks, or lack their samples.
/// O(samples) for a bounded number of passes, of which each is estimated anew.
SCISSION_EXPORT ModelProfile join_passes(const ModelProfile& earlier, const ModelProfile& pass,
                                         double precision = MeasureOptions().precision);

}  // namespace scission
