// One model measured several times over, each time in a process of its own, as one profile.
#pragma once

#include "scission/base/export.hpp"
#include "scission/measure/measure.hpp"
#include "scission/profile/profile.hpp"

namespace scission {

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
