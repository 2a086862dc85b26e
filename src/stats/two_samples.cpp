// Tests of two samples against each other.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/require.hpp"
#include "scission/stats/statistics.hpp"

namespace scission {
namespace {

using Samples = std::vector<double>;

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

double effective_size(double effective, const Samples& samples) {
  const auto count = static_cast<double>(samples.size());
  return effective > 0 ? std::clamp(effective, 1.0, count) : count;
}

// Each from 1 to the number of samples; a count of 0 stands for all of them.
EffectiveSampleSize effective_sizes(const Samples& before, const Samples& after,
                                    EffectiveCounts counts) {
  return {effective_size(counts.before, before), effective_size(counts.after, after)};
}

Samples sorted_samples(Samples samples) {
  if (samples.empty()) throw_invalid_argument("no samples to compare");
  std::sort(samples.begin(), samples.end());
  return samples;
}

// Two-sided p-value of a standard normal z ≥ 0.
double two_sided(double z) { return std::erfc(z / std::numbers::sqrt2); }

// --- Rank test ---

double pairs_won(const Samples& before, const Samples& after) {
  double twice = 0;
  for (const double sample : after) {
    const auto [low, high] = std::equal_range(before.begin(), before.end(), sample);
    twice += static_cast<double>((low - before.begin()) + (high - before.begin()));
  }
  return twice / 2;
}

// 1 − Σ (t³ − t) / (N³ − N) over the groups of t equal samples: the share of the variance that ties
// leave.
double tie_factor(const Samples& before, const Samples& after) {
  Samples all(before.size() + after.size());
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
Samples orders_by_pairs_won(std::size_t n, std::size_t m) {
  Samples orders(n * m + 1, 0.0);
  orders[0] = 1;
  for (std::size_t i = 1; i <= n; ++i) {
    for (std::size_t u = n * m; u >= m + i; --u) orders[u] -= orders[u - m - i];
    for (std::size_t u = i; u <= n * m; ++u) orders[u] += orders[u - i];
  }
  return orders;
}

double exact_p(std::size_t n, std::size_t m, double u) {
  const Samples orders = orders_by_pairs_won(n, m);
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

Samples logarithms(const Samples& ascending) {
  Samples logs;
  logs.reserve(ascending.size());
  for (const double sample : ascending) logs.push_back(std::log(std::max(sample, min_time_s)));
  return logs;
}

// Number of differences after − before that are at most `limit`.
double differences_up_to(double limit, const Samples& before, const Samples& after) {
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
double difference_of_rank(double rank, const Samples& before, const Samples& after) {
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

double median_difference(const Samples& before, const Samples& after) {
  const double pairs = static_cast<double>(before.size()) * static_cast<double>(after.size());
  return std::midpoint(difference_of_rank(std::floor((pairs + 1) / 2), before, after),
                       difference_of_rank(std::ceil((pairs + 1) / 2), before, after));
}

Interval difference_interval(const Samples& before, const Samples& after,
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

RankTest rank_test(const std::vector<double>& before, const std::vector<double>& after,
                   EffectiveCounts counts) {
  const Samples first = sorted_samples(before);
  const Samples second = sorted_samples(after);
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
  const Samples first = logarithms(sorted_samples(before));
  const Samples second = logarithms(sorted_samples(after));
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
