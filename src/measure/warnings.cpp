// Warnings about the quality of a measurement.
#include "measure/estimates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/digits.hpp"
#include "base/numbers.hpp"
#include "profile/warning_words.hpp"
#include "scission/base.hpp"
#include "scission/measure.hpp"
#include "scission/stats.hpp"

namespace scission {
namespace {

using namespace warning_words;

constexpr std::size_t min_rounds = 9;  ///< for any statement about their distribution
constexpr double min_drift = 0.05;
constexpr double certain_trend =
    3.29;  ///< standard deviations; exceeded by chance once in a thousand
constexpr double outlier_share = 0.05;
constexpr double largest_difference = 0.06;
constexpr double largest_spread = 0.05;     ///< of passes
constexpr double min_ticks_per_block = 50;  ///< for a relative error of 2 %

using Warnings = std::vector<std::string>;

std::string percent(double share) { return text::to_digits(100 * share, 2) + " %"; }

std::string exact(double share) { return fmt::format("{:.6g} %", 100 * share); }

/// Half of a relative width, as tables show intervals: "±1.5 %".
std::string half_of(double width) {
  return width / 2 < 0.001 ? "under ±0.1 %" : "±" + percent(width / 2);
}

double median_between(const std::vector<double>& seconds, std::size_t first, std::size_t end) {
  return median({seconds.begin() + static_cast<std::ptrdiff_t>(first),
                 seconds.begin() + static_cast<std::ptrdiff_t>(end)});
}

void add_drift(Warnings& found, const std::vector<double>& totals) {
  const std::size_t third = totals.size() / 3;
  const double before = median_between(totals, 0, third);
  const double after = median_between(totals, totals.size() - third, totals.size());
  const double drift = after / before - 1;
  if (std::abs(drift) < min_drift || std::abs(mann_trend(totals)) < certain_trend) return;
  const std::string change = text::ratio_text(after, before, "faster", "slower");
  found.push_back(
      drift > 0
          ? fmt::format("the rounds got {} {}: heat or a falling clock frequency; cool the machine "
                        "or fix its frequency, and measure again",
                        change, warning_words::drift)
          : fmt::format("the rounds got {} {}: a rising clock frequency, or another program that "
                        "ended; fix the frequency or wait, and measure again",
                        change, warning_words::drift));
}

// Tukey's far outliers: above the upper quartile by more than three times the interquartile range.
// Only slow rounds, since nothing makes a run too fast.
void add_outliers(Warnings& found, const std::vector<double>& totals) {
  const double upper = quantile(totals, 0.75);
  const double fence = upper + 3 * (upper - quantile(totals, 0.25));
  const auto outliers =
      std::count_if(totals.begin(), totals.end(), [&](double s) { return s > fence; });
  if (static_cast<double>(outliers) <= outlier_share * static_cast<double>(totals.size())) return;
  found.push_back(
      fmt::format("{} of {} rounds took far longer than the others: another program uses "
                  "this machine from time to time; stop it, or measure for longer",
                  outliers, totals.size()));
}

std::string reached(const ModelProfile& profile, double widest) {
  const std::optional<double> whole = whole_half_width(profile);
  if (!std::isfinite(widest) || !whole) return "there were too few rounds for an interval";
  return fmt::format("{} for the whole model, {} for the worst block", half_of(2 * *whole),
                     half_of(std::max(widest, 2 * *whole)));
}

void add_imprecision(Warnings& found, const ModelProfile& profile, double widest,
                     double precision) {
  if (widest <= precision) return;
  found.push_back(
      fmt::format("{} {} (±{}) was not reached: {}; allow more time or rounds, or "
                  "measure on a quieter machine",
                  imprecision, exact(precision), exact(precision / 2), reached(profile, widest)));
}

void add_difference(Warnings& found, const ModelProfile& profile) {
  const Interval ratio = profile.sum_ratio_interval;
  const bool is_off =
      ratio.low > 1 + largest_difference || (ratio.high > 0 && ratio.high < 1 - largest_difference);
  if (!is_off) return;
  found.push_back(
      fmt::format("{} {:+.1f} % of the whole model, significantly: "
                  "predictions of unsplit and split runs differ from reality by as much",
                  difference, 100 * profile.difference()));
}

void add_clock(Warnings& found, const ModelProfile& profile, const ClockProperties& clock) {
  const double min_s = min_ticks_per_block * clock.resolution_s;
  const auto is_short = [&](const BlockTiming& block) {
    return block.seconds < min_s && block.seconds > 0.01 * profile.blocks_seconds();
  };
  const auto count = std::count_if(profile.blocks.begin(), profile.blocks.end(), is_short);
  if (count == 0) return;
  found.push_back(
      fmt::format("{} blocks take less than {}, too short for a clock of {}: merge "
                  "them, or use a larger batch",
                  count, format_duration(min_s), format_duration(clock.resolution_s)));
}

bool is_like(const TimeEstimate& a, const TimeEstimate& b) {
  return a.interval.low <= b.interval.high && b.interval.low <= a.interval.high;
}

/// Whether a pass has too few rounds for a comparison with others.
bool has_short_pass(const ModelProfile& profile) {
  return std::any_of(profile.passes.begin(), profile.passes.end(),
                     [](int rounds) { return static_cast<std::size_t>(rounds) < min_rounds; });
}

void add_unlike(Warnings& found, const ModelProfile& profile,
                const std::vector<TimeEstimate>& wholes) {
  if (has_short_pass(profile)) return;
  const auto [fastest, slowest] = std::minmax_element(
      wholes.begin(), wholes.end(),
      [](const TimeEstimate& a, const TimeEstimate& b) { return a.seconds < b.seconds; });
  const double spread = slowest->seconds / fastest->seconds - 1;
  if (is_like(*fastest, *slowest) || !(spread > largest_spread)) return;
  found.push_back(
      fmt::format("{} {}: the machine, or its load, changes between passes, "
                  "which the intervals allow for; measure at quieter times, or in more passes",
                  unlike, percent(spread)));
}

bool is_of_figures(const std::string& warning) {
  return warning.starts_with(imprecision) || warning.starts_with(difference) ||
         warning.starts_with(unlike);
}

// Warnings that differ only in numbers are of one kind.
std::string kind_of(std::string warning) {
  std::erase_if(warning,
                [](char letter) { return letter == '.' || (letter >= '0' && letter <= '9'); });
  return warning;
}

void add_kept(Warnings& found, const Warnings& of_passes) {
  std::set<std::string> kinds;
  for (const std::string& warning : of_passes) {
    if (is_of_figures(warning) || !kinds.insert(kind_of(warning)).second) continue;
    found.push_back(warning);
  }
}

}  // namespace

std::vector<std::string> joint_warnings(const ModelProfile& joint,
                                        const std::vector<std::string>& of_passes,
                                        const std::vector<TimeEstimate>& wholes, double precision) {
  Warnings found;
  const bool fell_short =
      std::any_of(of_passes.begin(), of_passes.end(),
                  [](const std::string& warning) { return warning.starts_with(imprecision); });
  const double widest = joint.precision().value_or(infinity);
  if (fell_short) {
    add_imprecision(found, joint, widest, precision);
  } else if (has_short_pass(joint)) {  // whose differences add_unlike() cannot judge
    const bool are_equal = joint.whole_interval.high == joint.whole_interval.low;
    const double unknown = are_equal ? 0 : infinity;
    add_imprecision(found, joint, 2 * whole_half_width(joint).value_or(unknown), precision);
  }
  add_kept(found, of_passes);
  if (joint.whole_samples.size() >= min_rounds) add_difference(found, joint);
  add_unlike(found, joint, wholes);
  return found;
}

std::vector<std::string> find_warnings(const Samples& samples, const ModelProfile& profile,
                                       double widest, const MeasureOptions& options,
                                       const ClockProperties& clock) {
  Warnings found;
  add_imprecision(found, profile, widest, options.precision);
  add_clock(found, profile, clock);
  if (samples.rounds() < min_rounds) return found;
  const std::vector<double> totals = samples.totals();
  add_drift(found, totals);
  add_outliers(found, totals);
  add_difference(found, profile);
  return found;
}

}  // namespace scission
