// Timing a model and its blocks, in one or several processes. docs/measuring.md explains the
// protocol; whether a result can be relied on is in profile.hpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scission/backend.hpp"
#include "scission/base.hpp"
#include "scission/profile.hpp"

namespace scission {

/// State of a running measure().
struct SCISSION_EXPORT MeasureProgress {
  int round = 0;           ///< finished rounds, including the warm-up
  bool is_warm = false;    ///< the warm-up has ended
  int block = 0;           ///< the next block; the number of blocks between two rounds
  double precision = 0;    ///< widest interval that MeasureOptions::precision limits; 0: unknown
  double elapsed_s = 0;    ///< since the start
  double remaining_s = 0;  ///< estimate
};

/// Precision and limits of a measurement.
struct SCISSION_EXPORT MeasureOptions {
  /// Measuring ends when the 95 % interval of the median, relative to the median, is at most this
  /// wide for the whole model and for every block that takes more than 1 % of the blocks' sum; > 0.
  double precision = 0.02;
  double max_time_s = 60;  ///< no round starts later than this; ≥ 0
  int max_rounds = 1000;   ///< counted rounds, ≥ 1
  int max_warmup = 30;     ///< limit of the warm-up rounds, ≥ 0
  /// Called after every block, not within the timed parts; may be empty. An exception from it ends
  /// the measurement.
  std::function<void(const MeasureProgress&)> on_progress;
  /// Called before each run of the whole model and before each chain of blocks, not within the
  /// timed parts; may be empty. With a pause the times are those of a machine that waits for
  /// requests.
  std::function<void()> before_run;
  /// Waits as a system does for its next request; empty: setup times are not measured. Called in
  /// chains of blocks that are not counted, which take a fifth of the time.
  std::function<void()> before_stage;
  /// Seconds on a monotonic clock; empty: std::chrono::steady_clock.
  std::function<double()> clock;
};

/// Times `model` in rounds: each runs the whole model once and then every block once, in order,
/// each block on its predecessor's fresh output, so that caches and noise affect both alike. Only
/// run_whole() and run_block() are timed. A block's times are multiplied by its BlockScale, which
/// is found once, after the warm-up, and by the median of the whole model's time ÷ their sum.
///
/// A block's seconds are its mean over the middle half of the rounds, by the total time of their
/// blocks; the whole model's are the mean of the middle half of its own times. Such means add up;
/// medians do not, because noise is skewed and the medians of many short blocks add up to less than
/// any round took. All times have a 95 % interval that accounts for correlation between
/// neighbouring rounds.
///
/// Rounds in which the times still fall are warm-up. The first run is also stored separately, as
/// cold. At least one round is counted, regardless of `max_time_s`. If the first round uses up
/// `max_time_s` and takes 4 s or more, that round is counted. The profile's warnings describe
/// problems with the quality of the measurement.
///
/// With MeasureOptions::before_stage the setup times are measured too, in chains of blocks between
/// the rounds. Each waits before one block, another one each time; what that block and its
/// followers then take more than in the round before is an observation of the block's setup time.
/// What a stage takes more at its start by BlockScale::at_start is part of the setup time.
///
/// After the first round the output of the blocks is compared with that of the whole model.
/// Throws Error(mismatch) if they differ, Error(invalid_argument) for options out of range.
SCISSION_EXPORT ModelProfile measure(Runnable& model, const MeasureOptions& options = {});

/// Smallest step of a clock and the time that one reading takes, both in seconds.
struct SCISSION_EXPORT ClockProperties {
  double resolution_s = 0;
  double overhead_s = 0;
};

/// Measures a clock; takes less than a millisecond. `clock` as in MeasureOptions.
SCISSION_EXPORT ClockProperties measure_clock(const std::function<double()>& clock = {});

/// Number of processes that the profile's rounds come from; 1 if unknown.
SCISSION_EXPORT int pass_count(const ModelProfile& profile);

/// Whether the profile has the samples of all its passes: for the whole model and for every block
/// one per round, with the same median as the summary, to a nanosecond. O(samples log samples).
SCISSION_EXPORT bool has_samples_of_passes(const ModelProfile& profile);

/// Joins `earlier`, of one or more passes, and the later `pass` to one profile. All its times are a
/// function of the samples and of `passes` alone, so resuming from files gives the same result as
/// an uninterrupted run.
///
/// Every time is the mean of the passes' times. Its 95 % interval is the wider of two: that of the
/// mean of independent estimates with the passes' intervals, and Student's t interval for the
/// variation between passes, so that it covers other processes and moments. Summaries are of all
/// samples. Setup times are the means over the passes. Rounds, warm-up and measuring time are sums;
/// memory is the maximum; cold times and loading time are those of the first pass. Each kind of
/// warning appears once, in the words of the first pass. Warnings about the times are recomputed;
/// the one about the precision appears if a pass missed its own precision and the joint precision()
/// is wider than `precision`, or if a pass has too few rounds to be compared with others and the
/// interval of `whole_seconds` is. Passes that differ significantly and by more than 5 % cause
/// another warning.
///
/// Throws Error(mismatch) if models or blocks differ, or if samples are missing.
/// O(samples) for a bounded number of passes, each of which is estimated again.
SCISSION_EXPORT ModelProfile join_passes(const ModelProfile& earlier, const ModelProfile& pass,
                                         double precision = MeasureOptions().precision);

}  // namespace scission
