#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "scission/stats.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

// 1, 2, …, n: the k-th order statistic is k.
std::vector<double> ranks(int n) {
  std::vector<double> samples;
  for (int rank = n; rank >= 1; --rank) samples.push_back(rank);
  return samples;
}

}  // namespace

TEST_CASE("quantiles lie on the line between the neighbouring order statistics") {
  const std::vector<double> samples{4, 1, 3, 2};
  CHECK(quantile(samples, 0) == 1);
  CHECK(quantile(samples, 0.25) == 1.75);
  CHECK(quantile(samples, 0.5) == 2.5);
  CHECK(quantile(samples, 0.9) == Approx(3.7));
  CHECK(quantile(samples, 1) == 4);
  CHECK(quantile({7}, 0.3) == 7);
}

TEST_CASE("quantiles among infinite samples are infinite, and finite below them") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(quantile({1, 2, infinity}, 0.5) == 2);
  CHECK(quantile({1, 2, infinity}, 0.6) == infinity);
  CHECK(quantile({1, infinity, infinity}, 0.75) == infinity);
}

TEST_CASE("the median is the middle sample, or the mean of the middle two") {
  CHECK(median({5, 1, 9}) == 5);
  CHECK(median({5, 1, 9, 6}) == 5.5);
}

TEST_CASE("the median absolute deviation is not moved by one outlier") {
  CHECK(median_absolute_deviation({1, 1, 2, 2, 4, 6, 9}) == 1);
  CHECK(median_absolute_deviation({1, 1, 2, 2, 4, 6, 9000}) == 1);
}

TEST_CASE("no samples, and quantiles out of range, are refused") {
  CHECK_ERROR(median({}), ErrorCode::invalid_argument, "no samples");
  CHECK_ERROR(summarise({}), ErrorCode::invalid_argument, "no samples");
  CHECK_ERROR(quantile({1}, 1.5), ErrorCode::invalid_argument, "between 0 and 1");
  CHECK_ERROR(quantile({1}, std::nan("")), ErrorCode::invalid_argument, "between 0 and 1");
  CHECK_ERROR(median_interval({1}, 1), ErrorCode::invalid_argument, "between 0 and 1");
}

TEST_CASE("the median's interval is that of the published tables of order statistics") {
  struct Row {
    int n, low, high;
  };
  for (const Row& row : {Row{6, 1, 6}, Row{10, 2, 9}, Row{15, 4, 12}, Row{20, 6, 15},
                         Row{30, 10, 21}, Row{100, 40, 61}}) {
    INFO("n = " << row.n);
    const Interval interval = median_interval(ranks(row.n));
    CHECK(interval.low == row.low);
    CHECK(interval.high == row.high);
  }
}

TEST_CASE("with too few samples the median's interval is the whole range") {
  for (int n = 1; n <= 5; ++n) {
    const Interval interval = median_interval(ranks(n));
    CHECK(interval.low == 1);
    CHECK(interval.high == n);
  }
}

TEST_CASE("a hundred thousand samples do not underflow the median's interval") {
  const Interval interval = median_interval(ranks(100'000));
  CHECK(interval.low == Approx(50'000 - 310).margin(2));
  CHECK(interval.high == Approx(50'001 + 310).margin(2));
}

TEST_CASE("the median's interval covers the true median as often as it promises") {
  std::mt19937 random(42);
  std::exponential_distribution<double> skewed(1);
  constexpr int trials = 20'000;
  for (const int n : {8, 15, 40}) {
    for (const double confidence : {0.8, 0.95}) {
      int covered = 0;
      for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> samples(n);
        for (double& sample : samples) sample = skewed(random);
        const Interval interval = median_interval(samples, confidence);
        if (interval.low <= std::log(2) && std::log(2) <= interval.high) ++covered;
      }
      INFO(n << " samples, confidence " << confidence);
      CHECK(covered >= (confidence - 0.01) * trials);
    }
  }
}

namespace {

// x(t) = φ x(t - 1) + noise, around 10, of variance 1: neighbours resemble each other.
std::vector<double> autoregressive(std::size_t n, double phi, std::mt19937& random) {
  std::normal_distribution<double> noise(0, std::sqrt(1 - phi * phi));
  std::vector<double> samples;
  double deviation = std::normal_distribution<double>(0, 1)(random);
  for (std::size_t i = 0; i < n; ++i) {
    samples.push_back(10 + deviation);
    deviation = phi * deviation + noise(random);
  }
  return samples;
}

double coverage(std::size_t n, double phi) {
  std::mt19937 random(7);
  constexpr int trials = 4000;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const Interval interval = summarise(autoregressive(n, phi, random)).interval;
    if (interval.low <= 10 && 10 <= interval.high) ++covered;
  }
  return static_cast<double>(covered) / trials;
}

}  // namespace

TEST_CASE("the effective sample size of independent samples is their number") {
  CHECK(effective_count({3}) == 1);
  CHECK(effective_count({2, 2, 2, 2}) == 4);
  CHECK(effective_count({1, 2, 1, 2, 1, 2, 1, 2}) == 8);
  std::mt19937 random(3);
  double sum = 0;
  for (int trial = 0; trial < 200; ++trial) {
    sum += effective_count(autoregressive(100, 0, random));
  }
  CHECK(sum / 200 > 90);
}

TEST_CASE("the effective sample size of samples in runs is about the number of runs") {
  // Of 39 pairs of neighbours 32 are on one side and 7 across; of the 38 at lag 2, 24 and 14: ρ(1)
  // is 25/40, and ρ(2), 10/40, is below the bound of 0.26.
  std::vector<double> samples;
  for (int i = 0; i < 40; ++i) samples.push_back((i / 5) % 2 == 0 ? 1 : 3);
  CHECK(effective_count(samples) == Approx(40 / (1 + 2 * 25.0 / 40)));
}

TEST_CASE("the median's interval of autocorrelated samples has the promised coverage") {
  CHECK(coverage(100, 0) > 0.94);
  CHECK(coverage(100, 0.5) > 0.92);
  CHECK(coverage(200, 0.8) > 0.90);
}

TEST_CASE("a smaller effective sample size widens the interval of the median") {
  const Interval all = median_interval(ranks(100), 0.95);
  const Interval few = median_interval(ranks(100), 0.95, 20);
  CHECK(all.low == 40);
  CHECK(few.low == Approx(1 + 5.0 / 19 * 99));
  CHECK(few.high == Approx(1 + 14.0 / 19 * 99));
  CHECK(median_interval(ranks(100), 0.95, 1).high == 100);
  CHECK_ERROR(median_interval(ranks(3), 0.95, 4), ErrorCode::invalid_argument, "number of samples");
}

TEST_CASE("a trend is the standardised count of rising pairs") {
  CHECK(mann_trend({1, 2}) == 0);
  CHECK(mann_trend({1, 1, 1, 1}) == 0);
  // All 10 pairs of 5 rise; the variance is 5 · 4 · 15 / 18.
  CHECK(mann_trend({1, 2, 3, 4, 5}) == Approx(10 / std::sqrt(5.0 * 4 * 15 / 18)));
  CHECK(mann_trend({5, 4, 3, 2, 1}) == -mann_trend({1, 2, 3, 4, 5}));
  CHECK(mann_trend({2, 1, 3}) == Approx(1 / std::sqrt(3.0 * 2 * 11 / 18)));
}

TEST_CASE("a relative width is a share of the median") {
  Summary summary;
  CHECK(relative_width(summary) == 0);
  summary.median = 100;
  summary.interval = {99, 101};
  CHECK(relative_width(summary) == Approx(0.02));
}

TEST_CASE("a summary holds what the single functions say") {
  const std::vector<double> samples{11, 1,  21, 2,  20, 3,  19, 4,  18, 5, 17,
                                    6,  16, 7,  15, 8,  14, 9,  13, 10, 12};
  const Summary summary = summarise(samples);
  CHECK(summary.count == 21);
  CHECK(summary.median == 11);
  CHECK(summary.p5 == 2);
  CHECK(summary.p95 == 20);
  CHECK(summary.mad == 5);
  CHECK(summary.interval.low == median_interval(samples).low);
  CHECK(summary.interval.high == median_interval(samples).high);
}
