#include <cmath>
#include <random>
#include <vector>

#include "scission/statistics.hpp"
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
  CHECK_ERROR(summarize({}), ErrorCode::invalid_argument, "no samples");
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

TEST_CASE("a summary holds what the single functions say") {
  const std::vector<double> samples = ranks(21);
  const Summary summary = summarize(samples);
  CHECK(summary.count == 21);
  CHECK(summary.median == 11);
  CHECK(summary.p5 == 2);
  CHECK(summary.p95 == 20);
  CHECK(summary.mad == 5);
  CHECK(summary.interval.low == median_interval(samples).low);
  CHECK(summary.interval.high == median_interval(samples).high);
}

TEST_CASE("the middle half leaves out a quarter of the samples at each end") {
  CHECK(middle_half({5}) == std::vector<std::size_t>{0});
  CHECK(middle_half({3, 1, 2}) == std::vector<std::size_t>{1, 2, 0});
  CHECK(middle_half({9, 1, 5, 7}) == std::vector<std::size_t>{2, 3});
  CHECK(middle_half({2, 2, 2, 2}) == std::vector<std::size_t>{1, 2});
  CHECK_THROWS_AS(middle_half({}), Error);
}
