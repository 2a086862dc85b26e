#include "scission/stats/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "stats/lagged_product.hpp"
#include "stats/sample_worth.hpp"

namespace scission {
namespace {

constexpr std::size_t most_for_exact = 20;

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

// In how many of the orders of n + m samples so many pairs are won, by their number. The
// generating function is Gauss's binomial coefficient; as doubles, of which only shares are used.
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

double approximate_p(double share_won, const Worth& counts, double ties) {
  const double deviation = counts.deviation() * std::sqrt(std::max(0.0, ties));
  if (deviation <= 0) return 1;  // all samples are equal
  const double distance = std::abs(share_won - 0.5) * counts.pairs() - 0.5;
  return two_sided(std::max(0.0, distance) / deviation);
}

// --- Samples that resemble their neighbours ---

// Less their mean; equal samples share a rank.
Samples centred_ranks(const Samples& samples) {
  const Samples ascending = sorted_samples(samples);
  const double mean = static_cast<double>(samples.size()) / 2;
  Samples ranks;
  ranks.reserve(samples.size());
  for (const double sample : samples) {
    const auto [low, high] = std::equal_range(ascending.begin(), ascending.end(), sample);
    const auto twice = static_cast<double>((low - ascending.begin()) + (high - ascending.begin()));
    ranks.push_back(twice / 2 - mean);
  }
  return ranks;
}

// ρ(1) + ρ(2) + …, in pairs as long as those are above 0, none larger than the one before.
double sum_of_correlations(const Samples& x, double variance) {
  double sum = lagged_product(x, 1) / variance;
  double last = std::numeric_limits<double>::infinity();
  for (std::size_t lag = 2; lag + 1 < x.size() / 2; lag += 2) {
    const double pair = (lagged_product(x, lag) + lagged_product(x, lag + 1)) / variance;
    if (pair <= 0) break;
    last = std::min(last, pair);
    sum += last;
  }
  return sum;
}

}  // namespace

double effective_rank_count(const std::vector<double>& samples) {
  const Samples ranks = centred_ranks(samples);
  const auto count = static_cast<double>(samples.size());
  const double variance = lagged_product(ranks, 0);
  if (variance == 0) return count;
  const double time = 1 + 2 * sum_of_correlations(ranks, variance);
  return time <= 1 ? count : std::max(1.0, count / (time * (1 + time / count)));
}

RankTest rank_test(const std::vector<double>& before, const std::vector<double>& after,
                   EffectiveCounts counts) {
  const Samples first = sorted_samples(before);
  const Samples second = sorted_samples(after);
  const Worth independent = worth_of(first, second, counts);
  const double ties = tie_factor(first, second);
  const auto pairs = static_cast<double>(first.size()) * static_cast<double>(second.size());
  const bool is_independent = independent.pairs() == pairs;
  const bool is_small = std::max(first.size(), second.size()) <= most_for_exact;

  RankTest test;
  test.u = pairs_won(first, second);
  test.is_exact = is_small && is_independent && ties == 1;
  test.p = test.is_exact ? exact_p(first.size(), second.size(), test.u)
                         : approximate_p(test.u / pairs, independent, ties);
  return test;
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
