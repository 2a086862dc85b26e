#include "scission/stats.hpp"

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

std::vector<double> sorted(std::vector<double> samples, const char* purpose = "summarise") {
  if (samples.empty()) throw_invalid_argument(std::string("no samples to ") + purpose);
  std::sort(samples.begin(), samples.end());
  return samples;
}

double sorted_quantile(const std::vector<double>& ascending, double q) {
  const double position = q * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, ascending.size() - 1);
  const double fraction = position - std::floor(position);
  // Also where a neighbour is infinite, and their difference no number.
  if (fraction == 0 || ascending[below] == ascending[above]) return ascending[below];
  return std::lerp(ascending[below], ascending[above], fraction);
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

// --- Two samples against each other ---

constexpr std::size_t max_for_exact = 20;
constexpr double interval_sigmas =
    1.959963984540054;  // half-width of a 95 % interval, in standard deviations
constexpr double min_time_s = 1e-9;

// Effective sample sizes of two sides.
struct EffectiveSampleSize {
  double before;
  double after;

  double pairs() const { return before * after; }
  // Standard deviation of the pairs won, without ties.
  double deviation() const { return std::sqrt(pairs() * (before + after + 1) / 12); }
};

double effective_size(double effective, const std::vector<double>& samples) {
  const auto count = static_cast<double>(samples.size());
  return effective > 0 ? std::clamp(effective, 1.0, count) : count;
}

// Each from 1 to the number of samples; a count of 0 stands for all of them.
EffectiveSampleSize effective_sizes(const std::vector<double>& before,
                                    const std::vector<double>& after, EffectiveCounts counts) {
  return {effective_size(counts.before, before), effective_size(counts.after, after)};
}

// Two-sided p-value of a standard normal z ≥ 0.
double two_sided(double z) { return std::erfc(z / std::numbers::sqrt2); }

// --- Rank test ---

double pairs_won(const std::vector<double>& before, const std::vector<double>& after) {
  double twice = 0;
  for (const double sample : after) {
    const auto [low, high] = std::equal_range(before.begin(), before.end(), sample);
    twice += static_cast<double>((low - before.begin()) + (high - before.begin()));
  }
  return twice / 2;
}

// 1 − Σ (t³ − t) / (N³ − N) over the groups of t equal samples: the share of the variance that ties
// leave.
double tie_factor(const std::vector<double>& before, const std::vector<double>& after) {
  std::vector<double> all(before.size() + after.size());
  std::merge(before.begin(), before.end(), after.begin(), after.end(), all.begin());
  double ties = 0;
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::upper_bound(begin, all.end(), *begin);
    const auto size = static_cast<double>(end - begin);
    ties += size * size * size - size;
    begin = end;
  }
  const auto count = static_cast<double>(all.size());
  return 1 - ties / (count * count * count - count);
}

// Number of orders of n + m samples in which u pairs are won, for every u: the coefficients of
// Gauss's binomial coefficient. As doubles, since only ratios of them are used.
std::vector<double> orders_by_pairs_won(std::size_t n, std::size_t m) {
  std::vector<double> orders(n * m + 1, 0.0);
  orders[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t u = n * m; u >= m + i; --u) orders[u] -= orders[u - m - i];
    for (std::size_t u = i; u <= n * m; ++u) orders[u] += orders[u - i];
  }
  return orders;
}

double exact_p(std::size_t n, std::size_t m, double u) {
  const std::vector<double> orders = orders_by_pairs_won(n, m);
  const double rarer = std::min(u, static_cast<double>(n * m) - u);
  const auto end = orders.begin() + static_cast<std::ptrdiff_t>(rarer) + 1;
  const double tail = std::accumulate(orders.begin(), end, 0.0);
  return std::min(1.0, 2 * tail / std::accumulate(orders.begin(), orders.end(), 0.0));
}

double approximate_p(double share_won, const EffectiveSampleSize& counts, double ties) {
  const double deviation = counts.deviation() * std::sqrt(std::max(0.0, ties));
  if (deviation <= 0) return 1;  // all samples are equal
  const double distance = std::abs(share_won - 0.5) * counts.pairs() - 0.5;
  return two_sided(std::max(0.0, distance) / deviation);
}

// --- Ratio of two times ---

std::vector<double> logarithms(const std::vector<double>& ascending) {
  std::vector<double> logs;
  logs.reserve(ascending.size());
  for (const double sample : ascending) logs.push_back(std::log(std::max(sample, min_time_s)));
  return logs;
}

// Number of differences after − before that are at most `limit`.
double differences_up_to(double limit, const std::vector<double>& before,
                         const std::vector<double>& after) {
  double count = 0;
  auto first = before.begin();
  for (const double sample : after) {
    while (first != before.end() && sample - *first > limit) ++first;
    count += static_cast<double>(before.end() - first);
  }
  return count;
}

// The rank-th smallest difference after − before, counted from 1. By bisection, as the list of all
// differences may be too long.
double difference_of_rank(double rank, const std::vector<double>& before,
                          const std::vector<double>& after) {
  double low = after.front() - before.back();
  double high = after.back() - before.front();
  if (differences_up_to(low, before, after) >= rank) return low;
  constexpr int steps = 60;  // enough to reach the resolution of a double
  for (int step = 0; step < steps && low < high; ++step) {
    const double middle = std::midpoint(low, high);
    (differences_up_to(middle, before, after) >= rank ? high : low) = middle;
  }
  return high;
}

double median_difference(const std::vector<double>& before, const std::vector<double>& after) {
  const double pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  return std::midpoint(difference_of_rank(std::floor((pairs + 1) / 2), before, after),
                       difference_of_rank(std::ceil((pairs + 1) / 2), before, after));
}

Interval difference_interval(const std::vector<double>& before, const std::vector<double>& after,
                             const EffectiveSampleSize& counts) {
  const double pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  const double share = 0.5 - interval_sigmas * counts.deviation() / counts.pairs();
  const double rank = std::clamp(std::floor(share * pairs), 1.0, pairs);
  return {difference_of_rank(rank, before, after),
          difference_of_rank(pairs + 1 - rank, before, after)};
}

double relative_error(const Estimate& estimate) {
  const double width = estimate.interval.high - estimate.interval.low;
  if (!(estimate.value > 0) || !(width > 0)) {
    throw_invalid_argument("the times to compare must be above 0 and have intervals");
  }
  return width / (2 * interval_sigmas) / estimate.value;
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

RankTest rank_test(const std::vector<double>& before, const std::vector<double>& after,
                   EffectiveCounts counts) {
  const std::vector<double> first = sorted(before, "compare");
  const std::vector<double> second = sorted(after, "compare");
  const EffectiveSampleSize independent = effective_sizes(first, second, counts);
  const double ties = tie_factor(first, second);
  const auto pairs = static_cast<double>(first.size()) * static_cast<double>(second.size());
  const bool is_independent = independent.pairs() == pairs;
  const bool is_small = std::max(first.size(), second.size()) <= max_for_exact;

  RankTest test;
  test.u = pairs_won(first, second);
  test.is_exact = is_small && is_independent && ties == 1;
  test.p = test.is_exact ? exact_p(first.size(), second.size(), test.u)
                         : approximate_p(test.u / pairs, independent, ties);
  return test;
}

Ratio ratio_of_samples(const std::vector<double>& before, const std::vector<double>& after,
                       EffectiveCounts counts) {
  const std::vector<double> first = logarithms(sorted(before, "compare"));
  const std::vector<double> second = logarithms(sorted(after, "compare"));
  const EffectiveSampleSize independent = effective_sizes(first, second, counts);
  const Interval interval = difference_interval(first, second, independent);
  return {std::exp(median_difference(first, second)),
          {std::exp(interval.low), std::exp(interval.high)}};
}

IntervalTest interval_test(const Estimate& before, const Estimate& after) {
  const double error = std::hypot(relative_error(before), relative_error(after));
  const double difference = std::log(after.value / before.value);
  const double reach = interval_sigmas * error;
  return {two_sided(std::abs(difference) / error),
          {std::exp(difference), {std::exp(difference - reach), std::exp(difference + reach)}}};
}

std::vector<double> false_discovery_rates(const std::vector<double>& p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> rates(p_values.size());
  double least = 1;
  for (std::size_t rank = order.size(); rank > 0; --rank) {
    const std::size_t index = order[rank - 1];
    const double rate =
        p_values[index] * static_cast<double>(order.size()) / static_cast<double>(rank);
    least = std::min(least, rate);
    rates[index] = least;
  }
  return rates;
}

}  // namespace scission
