#include "plan/time_uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "profile/common_blocks.hpp"
#include "stats/distributions.hpp"

namespace scission {
namespace {

double half_of(const Interval& interval) { return (interval.high - interval.low) / 2; }

bool is_known(const Interval& interval) { return interval.high > 0; }

// Σ and Σ of the squares, of half-widths or of standard deviations.
struct Sums {
  double sum = 0;
  double squares = 0;

  void add(double value) {
    sum += value;
    squares += value * value;
  }
};

// The correlation of all pairs with which parts of these deviations have a sum of this variance.
double correlation_of(const Sums& parts, double variance_of_sum) {
  const double span = parts.sum * parts.sum - parts.squares;
  return span > 0 ? std::clamp((variance_of_sum - parts.squares) / span, 0.0, 1.0) : 1;
}

// --- From samples ---

// Rounds beyond these quantiles count as the quantiles: the times of the profile are robust, too.
constexpr double tail = 0.05;

std::vector<double> winsorised(std::vector<double> samples) {
  const double low = quantile(samples, tail);
  const double high = quantile(samples, 1 - tail);
  for (double& sample : samples) sample = std::clamp(sample, low, high);
  return samples;
}

// Means of runs of neighbouring rounds, about as many runs as rounds in each, so that what lasts
// for several rounds, or for a pass, counts.
std::vector<double> batch_means(const std::vector<double>& samples) {
  const auto length = static_cast<std::size_t>(std::sqrt(static_cast<double>(samples.size())));
  std::vector<double> means;
  for (std::size_t begin = 0; begin + length <= samples.size(); begin += length) {
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(begin);
    means.push_back(std::accumulate(first, first + static_cast<std::ptrdiff_t>(length), 0.0) /
                    static_cast<double>(length));
  }
  return means;
}

double variance_of(const std::vector<double>& values) {
  const double mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return squares / static_cast<double>(values.size() - 1);
}

std::optional<double> correlation_by_samples(const ModelProfile& model) {
  constexpr std::size_t min_rounds = 16;
  const std::size_t rounds = model.blocks.front().samples.size();
  if (rounds < min_rounds) return std::nullopt;
  Sums parts;
  std::vector<double> chains;
  for (const BlockTiming& timing : model.blocks) {
    if (timing.samples.size() != rounds) return std::nullopt;
    const std::vector<double> means = batch_means(winsorised(timing.samples));
    chains.resize(means.size(), 0.0);
    for (std::size_t i = 0; i < means.size(); ++i) chains[i] += means[i];
    parts.add(std::sqrt(variance_of(means)));
  }
  return correlation_of(parts, variance_of(chains));
}

// --- From the interval of the whole model ---

// Relative to the whole model's time.
std::optional<double> half_of_whole(const ModelProfile& model) {
  const Interval& whole =
      is_known(model.whole_interval) ? model.whole_interval : model.whole.interval;
  if (!is_known(whole) || model.whole_seconds <= 0) return std::nullopt;
  return half_of(whole) / model.whole_seconds;
}

std::optional<double> correlation_by_whole(const ModelProfile& model, const Sums& blocks) {
  const std::optional<double> relative = half_of_whole(model);
  if (!relative) return std::nullopt;
  const double half = *relative * model.blocks_seconds();
  return correlation_of(blocks, half * half);
}

// --- Of setup times and of single runs ---

// The merged blocks that begin where a block of the profile does with a setup time; else empty.
std::vector<double> setup_uncertainty(const ModelProfile& model, const std::vector<Block>& blocks,
                                      const std::vector<double>& seconds) {
  std::vector<double> relative(blocks.size(), 0.0);
  std::size_t target = 0;
  for (const BlockTiming& timing : model.blocks) {
    if (target == blocks.size()) break;
    if (timing.block.first_layer != blocks[target].first_layer) continue;
    if (seconds[target] > 0) relative[target] = half_of(timing.setup_interval) / seconds[target];
    ++target;
  }
  const bool is_none =
      std::all_of(relative.begin(), relative.end(), [](double r) { return r == 0; });
  return is_none ? std::vector<double>() : relative;
}

// Half the 95 % interval in which one more pass would lie, about their mean.
double run_uncertainty(const ModelProfile& model) {
  const auto passes = static_cast<double>(model.passes.size());
  if (passes < 2) return 0;
  return student_quantile(0.025, passes - 1) * model.pass_deviation * std::sqrt(1 + 1 / passes);
}

}  // namespace

TimeUncertainty uncertainty_of(const ModelProfile& model, const std::vector<Block>& blocks) {
  constexpr int min_repetitions = 6;  // fewer do not determine a 95 % interval, see precision()
  if (model.repetitions > 0 && model.repetitions < min_repetitions) return {};
  Sums all;
  std::vector<Sums> merged(blocks.size());
  std::vector<double> seconds(blocks.size(), 0.0);
  std::size_t target = 0;
  for (const BlockTiming& timing : model.blocks) {
    if (timing.block.last_layer > blocks[target].last_layer) ++target;
    const Interval interval = interval_of(timing);
    if (!is_known(interval) && timing.seconds > 0) return {};
    seconds[target] += timing.seconds;
    merged[target].add(half_of(interval));
    all.add(half_of(interval));
  }
  TimeUncertainty uncertainty;
  uncertainty.correlation =
      correlation_by_samples(model).value_or(correlation_by_whole(model, all).value_or(1.0));
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const double rho = uncertainty.correlation;
    const double half =
        std::sqrt((1 - rho) * merged[block].squares + rho * merged[block].sum * merged[block].sum);
    uncertainty.relative.push_back(seconds[block] > 0 ? half / seconds[block] : 0);
  }
  uncertainty.setup = setup_uncertainty(model, blocks, seconds);
  if (const auto whole = half_of_whole(model)) uncertainty.relative.push_back(*whole);
  uncertainty.run = run_uncertainty(model);
  return uncertainty;
}

}  // namespace scission
