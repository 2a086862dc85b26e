#include "scission/stats/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"

namespace scission {
namespace {

std::vector<double> sorted(std::vector<double> samples) {
  if (samples.empty()) throw_invalid_argument("no samples to summarise");
  std::sort(samples.begin(), samples.end());
  return samples;
}

double sorted_quantile(const std::vector<double>& ascending, double q) {
  const double position = q * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  return std::lerp(ascending[below], ascending[above], position - std::floor(position));
}

// Number of order statistics to drop at each end of n samples, so that the median of their
// distribution lies between the remaining ones with at least this probability.
//
// The number of samples below that median is binomial, B(n, 1/2). Dropping k at each end misses it
// with probability 2 P(B ≤ k). The terms 2^-n C(n, k) are carried as logarithms: 2^-n alone
// underflows for n above a thousand.
std::size_t trimmed_each_end(std::size_t n, double confidence) {
  double log_term = -static_cast<double>(n) * std::numbers::ln2;
  double tail = std::exp(log_term);
  std::size_t trimmed = 0;
  for (std::size_t k = 1; 2 * k < n; ++k) {
    log_term += std::log(static_cast<double>(n - k + 1) / static_cast<double>(k));
    tail += std::exp(log_term);
    if (2 * tail > 1 - confidence) break;
    trimmed = k;
  }
  return trimmed;
}

// For m = ⌊count⌋ independent samples the interval reaches from order statistic t to m - 1 - t:
// the quantiles t / (m - 1) and 1 - t / (m - 1).
Interval sorted_median_interval(const std::vector<double>& ascending, double confidence,
                                double count) {
  const auto independent = static_cast<std::size_t>(count);
  if (independent < 2) return {ascending.front(), ascending.back()};
  const std::size_t trimmed = trimmed_each_end(independent, confidence);
  if (independent == ascending.size()) {
    return {ascending[trimmed], ascending[ascending.size() - 1 - trimmed]};
  }
  const double q = static_cast<double>(trimmed) / static_cast<double>(independent - 1);
  return {sorted_quantile(ascending, q), sorted_quantile(ascending, 1 - q)};
}

// --- Autocorrelated samples ---

// Σ x(i) x(i + lag); lag ≤ x.size().
double lagged_product(const std::vector<double>& x, std::size_t lag) {
  return std::inner_product(x.begin() + static_cast<std::ptrdiff_t>(lag), x.end(), x.begin(), 0.0);
}

// Above, at or below the median: 1, 0 or -1.
std::vector<double> sides_of_median(const std::vector<double>& samples) {
  const double middle = median(samples);
  std::vector<double> sides;
  sides.reserve(samples.size());
  for (double sample : samples) sides.push_back(sample > middle ? 1 : sample < middle ? -1 : 0);
  return sides;
}

// Ranks less their mean; equal samples share a rank.
std::vector<double> centred_ranks(const std::vector<double>& samples) {
  const std::vector<double> ascending = sorted(samples);
  const double mean = static_cast<double>(samples.size()) / 2;
  std::vector<double> ranks;
  ranks.reserve(samples.size());
  for (const double sample : samples) {
    const auto [low, high] = std::equal_range(ascending.begin(), ascending.end(), sample);
    const auto twice = static_cast<double>((low - ascending.begin()) + (high - ascending.begin()));
    ranks.push_back(twice / 2 - mean);
  }
  return ranks;
}

// ρ(1) + ρ(2) + …: pairs are added while they are positive, each capped by the one before.
double sum_of_correlations(const std::vector<double>& x, double variance) {
  double sum = lagged_product(x, 1) / variance;
  double last = infinity;
  for (std::size_t lag = 2; lag + 1 < x.size() / 2; lag += 2) {
    const double pair = (lagged_product(x, lag) + lagged_product(x, lag + 1)) / variance;
    if (pair <= 0) break;
    last = std::min(last, pair);
    sum += last;
  }
  return sum;
}

}  // namespace

double quantile(std::vector<double> samples, double q) {
  if (!(q >= 0 && q <= 1)) {
    throw_invalid_argument("a quantile must lie between 0 and 1");
  }
  return sorted_quantile(sorted(std::move(samples)), q);
}

double median(std::vector<double> samples) { return quantile(std::move(samples), 0.5); }

double median_absolute_deviation(const std::vector<double>& samples) {
  const double middle = median(samples);
  std::vector<double> deviations;
  deviations.reserve(samples.size());
  for (double sample : samples) deviations.push_back(std::abs(sample - middle));
  return median(std::move(deviations));
}

double effective_count(const std::vector<double>& samples) {
  const std::vector<double> sides = sides_of_median(samples);
  const auto n = static_cast<double>(samples.size());
  const double variance = lagged_product(sides, 0);
  if (variance == 0) return n;
  double correlations = 0;
  for (std::size_t lag = 1; lag < samples.size() / 2; ++lag) {
    const double correlation = lagged_product(sides, lag) / variance;
    if (correlation < 1.645 / std::sqrt(n)) break;
    correlations += correlation;
  }
  return std::max(1.0, n / (1 + 2 * correlations));
}

double effective_rank_count(const std::vector<double>& samples) {
  const std::vector<double> ranks = centred_ranks(samples);
  const auto count = static_cast<double>(samples.size());
  const double variance = lagged_product(ranks, 0);
  if (variance == 0) return count;
  const double time = 1 + 2 * sum_of_correlations(ranks, variance);
  return time <= 1 ? count : std::max(1.0, count / (time * (1 + time / count)));
}

Interval median_interval(std::vector<double> samples, double confidence) {
  const auto count = static_cast<double>(samples.size());
  return median_interval(std::move(samples), confidence, count);
}

Interval median_interval(std::vector<double> samples, double confidence, double count) {
  if (!(confidence > 0 && confidence < 1)) {
    throw_invalid_argument("a confidence must lie between 0 and 1");
  }
  if (!(count >= 1 && count <= static_cast<double>(samples.size()))) {
    throw_invalid_argument("the effective count must be from 1 to the number of samples");
  }
  return sorted_median_interval(sorted(std::move(samples)), confidence, count);
}

double mann_trend(const std::vector<double>& samples) {
  const auto n = static_cast<double>(samples.size());
  if (samples.size() < 3) return 0;
  double rises = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (std::size_t j = i + 1; j < samples.size(); ++j) {
      rises += samples[j] > samples[i] ? 1 : samples[j] < samples[i] ? -1 : 0;
    }
  }
  return rises / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

double relative_width(const Summary& summary) {
  const double width = summary.interval.high - summary.interval.low;
  return summary.median > 0 ? width / summary.median : 0;
}

Summary summarise(const std::vector<double>& samples) {
  const std::vector<double> ascending = sorted(samples);
  Summary summary;
  summary.count = static_cast<int>(ascending.size());
  summary.median = sorted_quantile(ascending, 0.5);
  summary.p5 = sorted_quantile(ascending, 0.05);
  summary.p95 = sorted_quantile(ascending, 0.95);
  summary.mad = median_absolute_deviation(ascending);
  summary.interval = sorted_median_interval(ascending, 0.95, effective_count(samples));
  return summary;
}

}  // namespace scission
