#include "measure/figures.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "measure/pooled.hpp"

namespace scission {
namespace {

std::vector<double> part(const std::vector<double>& samples, std::size_t first, int rounds) {
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + rounds};
}

std::vector<Estimates> estimate_passes(const ModelProfile& profile) {
  std::vector<Estimates> estimates;
  std::size_t first = 0;
  for (const int rounds : profile.passes) {
    Samples samples;
    samples.whole = part(profile.whole_samples, first, rounds);
    for (const BlockTiming& timing : profile.blocks) {
      samples.blocks.push_back(part(timing.samples, first, rounds));
    }
    estimates.push_back(estimate(samples));
    first += static_cast<std::size_t>(rounds);
  }
  return estimates;
}

/// One figure of every pass.
template <typename Figure>
std::vector<TimeEstimate> of_each(const std::vector<Estimates>& passes, Figure figure) {
  std::vector<TimeEstimate> figures;
  figures.reserve(passes.size());
  for (const Estimates& pass : passes) figures.push_back(figure(pass));
  return figures;
}

TimeEstimate ratio_of(const Estimates& pass) {
  const double sum = std::accumulate(
      pass.blocks.begin(), pass.blocks.end(), 0.0,
      [](double so_far, const TimeEstimate& block) { return so_far + block.seconds; });
  return {sum / pass.whole.seconds, pass.sum_ratio};
}

// Around the ratio of the means, which is what a reader computes, not the mean of the ratios.
Interval ratio_interval(const ModelProfile& profile, const std::vector<Estimates>& passes) {
  const bool is_known = std::all_of(passes.begin(), passes.end(),
                                    [](const Estimates& pass) { return pass.whole.seconds > 0; });
  if (!is_known) return {};
  return pooled_interval(profile.blocks_seconds() / profile.whole_seconds,
                         of_each(passes, ratio_of));
}

}  // namespace

std::vector<TimeEstimate> set_figures(ModelProfile& profile) {
  const std::vector<Estimates> passes = estimate_passes(profile);
  std::vector<TimeEstimate> wholes =
      of_each(passes, [](const Estimates& pass) { return pass.whole; });
  const TimeEstimate whole = pooled(wholes);
  profile.whole = summarise(profile.whole_samples);
  profile.whole_seconds = whole.seconds;
  profile.whole_interval = whole.interval;
  for (std::size_t i = 0; i < profile.blocks.size(); ++i) {
    BlockTiming& timing = profile.blocks[i];
    const TimeEstimate block =
        pooled(of_each(passes, [i](const Estimates& pass) { return pass.blocks[i]; }));
    timing.summary = summarise(timing.samples);
    timing.seconds = block.seconds;
    timing.interval = block.interval;
  }
  profile.sum_ratio_interval = ratio_interval(profile, passes);
  return wholes;
}

}  // namespace scission
