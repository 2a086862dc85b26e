// From rounds of single times to the times of a profile and their intervals; when to stop
// measuring.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "scission/measure.hpp"
#include "scission/profile.hpp"
#include "scission/stats.hpp"

namespace scission {

/// Seconds of the whole model and of every block.
struct Samples {
  std::vector<double> whole;                ///< [round]
  std::vector<std::vector<double>> blocks;  ///< [block][round]

  std::size_t rounds() const { return whole.size(); }

  /// Sum of the blocks, a value a round.
  std::vector<double> chains() const;

  /// Sum of the blocks and the whole model, a value a round.
  std::vector<double> totals() const;
};

struct TimeEstimate {
  double seconds = 0;
  Interval interval;  ///< 95 %
};

struct Estimates {
  TimeEstimate whole;                ///< mean over the middle half of the rounds, by its own times
  std::vector<TimeEstimate> blocks;  ///< means over the middle half, by the time of their chains
  Interval sum_ratio;                ///< 95 % interval of the blocks' sum ÷ the whole
};

/// Point estimates and 95 % intervals from one process's rounds, at least one.
///
/// The intervals are percentiles of a moving-block bootstrap (Künsch, "The Jackknife and the
/// Bootstrap for General Stationary Observations", 1989): runs of neighbouring rounds are resampled
/// as a whole, which preserves the correlation within a round and between neighbours. The generator
/// has a fixed seed. Since the bootstrap is too narrow for few rounds, the intervals are widened by
/// √(n / (n − 1)). O(resamples · rounds · blocks).
Estimates estimate(const Samples& samples);

/// A 95 % interval around `centre` for the mean of P passes: on each side the larger of the passes'
/// own half-widths h, combined as those of independent estimates, √(Σ h²) / P, and of t · s / √P
/// with P − 1 degrees of freedom, which covers the variation between passes. Not below 0. For one
/// pass: its own interval. O(P).
Interval pooled_interval(double centre, const std::vector<TimeEstimate>& passes);

/// The mean of the passes, at least one, and its pooled_interval().
TimeEstimate pooled_estimate(const std::vector<TimeEstimate>& passes);

/// Computes all times, intervals and summaries of the profile from its samples and `passes`, whose
/// rounds must add up to the length of every series. Returns the whole model's time in each pass.
/// O(resamples · samples).
std::vector<TimeEstimate> summarise_samples(ModelProfile& profile);

/// Whether the rounds have stopped getting faster: neither of the last two was faster than the
/// fastest before them by more than the share `tolerance`. Needs three rounds. O(rounds).
bool is_steady(const std::vector<double>& totals, double tolerance);

/// ModelProfile::precision() of these samples; infinity when it is unknown.
/// O(blocks · rounds · log rounds).
double widest_interval(const Samples& samples);

/// The round after which to compute the intervals again: 10 % later, to keep the cost low.
int next_precision_check(int rounds);

// --- Warnings about the quality of a measurement; each suggests a remedy ---

/// Detects a drift of the rounds, outliers, a sum of blocks that differs significantly from the
/// whole model, a precision that was not reached, and blocks too short for the clock. `widest` is
/// the widest relative interval that MeasureOptions::precision applies to.
std::vector<std::string> find_warnings(const Samples& samples, const ModelProfile& profile,
                                       double widest, const MeasureOptions& options,
                                       const ClockProperties& clock);

/// Warnings about several passes together: those of the passes, each kind once, in the words of the
/// first; those about the joint times, recomputed, of which the precision only if a pass missed its
/// own; and one if the passes differ. `wholes` is the whole model's time in each pass.
std::vector<std::string> joint_warnings(const ModelProfile& joint,
                                        const std::vector<std::string>& of_passes,
                                        const std::vector<TimeEstimate>& wholes, double precision);

}  // namespace scission
