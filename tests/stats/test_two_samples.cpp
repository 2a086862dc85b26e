#include <cmath>
#include <random>
#include <vector>

#include "scission/stats.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

using Samples = std::vector<double>;

Samples skewed(std::mt19937& random, int count, double factor = 1) {
  std::lognormal_distribution<double> noise(0, 0.05);
  Samples samples(count);
  for (double& sample : samples) sample = factor * noise(random);
  return samples;
}

// Each sample resembles the one before it: an autoregressive process of the first order.
Samples resembling(std::mt19937& random, int count, double correlation) {
  std::normal_distribution<double> noise(0, 0.05);
  Samples samples(count);
  double state = noise(random);
  for (double& sample : samples) {
    state = correlation * state + std::sqrt(1 - correlation * correlation) * noise(random);
    sample = std::exp(state);
  }
  return samples;
}

template <typename Make>
double rejected_share(int trials, Make make) {
  int rejected = 0;
  for (int trial = 0; trial < trials; ++trial) rejected += make() <= 0.05;
  return static_cast<double>(rejected) / trials;
}

double p_by_worth(const Samples& before, const Samples& after) {
  return rank_test(before, after, {effective_rank_count(before), effective_rank_count(after)}).p;
}

}  // namespace

// Ages at which diabetes was found, of 4 women and 5 men: the example of SciPy's mannwhitneyu.
TEST_CASE("small samples without ties are tested exactly") {
  const RankTest test = rank_test({20, 11, 17, 12}, {19, 22, 16, 29, 24});
  CHECK(test.is_exact);
  CHECK(test.u == 17);
  CHECK(test.p == Approx(14.0 / 126));
  CHECK(rank_test({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}).p == Approx(2.0 / 252));
  CHECK(rank_test({6, 7, 8, 9, 10}, {1, 2, 3, 4, 5}).p == Approx(2.0 / 252));
  CHECK(rank_test({1.1, 2.2, 3.3, 4.4, 5.5, 6.6}, {2.1, 3.2, 4.3, 9.4, 10.5, 7.6, 8.0}).p ==
        Approx(402.0 / 1716));
}

TEST_CASE("the exact distribution agrees with the normal one where both are good") {
  Samples before;
  Samples after;
  for (int i = 0; i < 20; ++i) {
    before.push_back(i);
    after.push_back(i + 4.5);
  }
  const RankTest exact = rank_test(before, after);
  const RankTest normal = rank_test(before, after, {19.999, 20});
  CHECK(exact.is_exact);
  CHECK_FALSE(normal.is_exact);
  CHECK(exact.p == Approx(normal.p).epsilon(0.05));
}

TEST_CASE("with ties the normal approximation is corrected for them and for continuity") {
  // U = 33.5 of 42 pairs; ties of 3, 4 and 3 and 2 take 114 / 2184 of the variance.
  const RankTest test = rank_test({1, 2, 2, 3, 3, 3, 4}, {2, 3, 4, 4, 5, 5});
  CHECK_FALSE(test.is_exact);
  CHECK(test.u == 33.5);
  CHECK(test.p == Approx(0.07826242947714625));
  // The example without ties above, made one with worth a hair fewer than all.
  CHECK(rank_test({20, 11, 17, 12}, {19, 22, 16, 29, 24}, {4, 4.9999999}).p ==
        Approx(0.11134688653314048).epsilon(1e-6));
}

TEST_CASE("neither equal samples nor one sample a side prove anything") {
  CHECK(rank_test({2, 2, 2, 2}, {2, 2, 2, 2, 2}).p == 1);
  CHECK(rank_test({1}, {2}).p == 1);
  CHECK(rank_test({1}, {1}).p == 1);
  CHECK(ratio_of_samples({2, 2}, {2, 2, 2}).value == 1);
  CHECK(rank_test({1, 1, 1, 1, 1, 1}, {2, 2, 2, 2, 2, 2}).p < 0.01);
}

TEST_CASE("a side without samples is refused") {
  CHECK_ERROR(rank_test({}, {1}), ErrorCode::invalid_argument, "no samples");
  CHECK_ERROR(rank_test({1}, {}), ErrorCode::invalid_argument, "no samples");
  CHECK_ERROR(ratio_of_samples({1}, {}), ErrorCode::invalid_argument, "no samples");
}

TEST_CASE("smaller effective sample sizes give larger p-values") {
  std::mt19937 random(3);
  const Samples before = skewed(random, 60);
  const Samples after = skewed(random, 60, 1.03);
  const double all = rank_test(before, after).p;
  CHECK(rank_test(before, after, {20, 20}).p > 2 * all);
  CHECK(rank_test(before, after, {900, 900}).p == all);
  const Interval narrow = ratio_of_samples(before, after).interval;
  const Interval wide = ratio_of_samples(before, after, {20, 20}).interval;
  CHECK(wide.low < narrow.low);
  CHECK(wide.high > narrow.high);
}

TEST_CASE("of equal distributions one in twenty is called different") {
  std::mt19937 random(1);
  for (const int count : {8, 15, 60}) {
    INFO(count << " samples");
    const double share = rejected_share(
        4000, [&] { return rank_test(skewed(random, count), skewed(random, count + 5)).p; });
    CHECK(share > 0.03);
    CHECK(share < 0.062);
  }
}

TEST_CASE("autocorrelated samples raise few false alarms with their effective sample size") {
  std::mt19937 random(2);
  const auto make = [&] { return resembling(random, 120, 0.7); };
  const double naive = rejected_share(1500, [&] { return rank_test(make(), make()).p; });
  const double by_worth = rejected_share(1500, [&] { return p_by_worth(make(), make()); });
  CHECK(naive > 0.2);
  CHECK(by_worth > 0.03);
  CHECK(by_worth < 0.1);
}

// The expected time of an autoregressive process is (1 + ρ) / (1 - ρ) samples; ranks' ρ is
// 6/π · asin(0.7 / 2) = 0.683.
TEST_CASE("the effective sample size of autocorrelated samples agrees with theory") {
  std::mt19937 random(7);
  const double resemble = effective_rank_count(resembling(random, 20'000, 0.7));
  CHECK(resemble == Approx(20'000 / 5.5).epsilon(0.2));
  CHECK(effective_rank_count(skewed(random, 20'000)) == Approx(20'000).epsilon(0.1));
  CHECK(effective_rank_count({1, 2, 1, 2, 1, 2, 1, 2}) == 8);
  CHECK(effective_rank_count({3, 3, 3}) == 3);
  CHECK(effective_rank_count({1}) == 1);
  CHECK_ERROR(effective_rank_count({}), ErrorCode::invalid_argument, "no samples");
}

TEST_CASE("a tenth more time is found nearly always") {
  std::mt19937 random(4);
  const double found =
      rejected_share(1000, [&] { return p_by_worth(skewed(random, 20), skewed(random, 20, 1.1)); });
  CHECK(found > 0.98);
}

TEST_CASE("the ratio is the median of the ratios of all pairs") {
  // ½ 1 1 2 2 4 4 8 16
  CHECK(ratio_of_samples({1, 2, 4}, {2, 4, 16}).value == Approx(2));
  // ½ 1 2 4: between the middle two on a log scale
  CHECK(ratio_of_samples({1, 2}, {1, 4}).value == Approx(std::sqrt(2)));
  const Interval all = ratio_of_samples({1, 2, 4}, {2, 4, 16}).interval;
  CHECK(all.low == Approx(0.5));
  CHECK(all.high == Approx(16));
}

TEST_CASE("the ratio's interval leaves out as many pairs as the tables say") {
  // 5 against 5: 12.5 - 1.96 · 4.79 = 3.1, so from the third to the third last of 25 differences.
  const Samples before = {1, std::exp(5), std::exp(10), std::exp(15), std::exp(20)};
  const Samples after = {std::exp(0.1), std::exp(5.2), std::exp(10.3), std::exp(15.4),
                         std::exp(20.5)};
  const Interval interval = ratio_of_samples(before, after).interval;
  CHECK(std::log(interval.low) == Approx(-14.8));
  CHECK(std::log(interval.high) == Approx(15.4));
}

TEST_CASE("the ratio's interval holds the true ratio as often as it promises") {
  std::mt19937 random(5);
  int held = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    const Interval interval =
        ratio_of_samples(skewed(random, 25), skewed(random, 40, 1.3)).interval;
    held += interval.low <= 1.3 && 1.3 <= interval.high;
  }
  CHECK(held > 0.935 * trials);
  CHECK(held < 0.975 * trials);
}

TEST_CASE("before and after change places") {
  std::mt19937 random(6);
  const Samples before = skewed(random, 30);
  const Samples after = skewed(random, 24, 1.2);
  CHECK(rank_test(before, after).p == Approx(rank_test(after, before).p));
  const Ratio there = ratio_of_samples(before, after);
  const Ratio back = ratio_of_samples(after, before);
  CHECK(there.value == Approx(1 / back.value));
  CHECK(there.interval.low == Approx(1 / back.interval.high));
}

TEST_CASE("times of nothing count as a nanosecond") {
  CHECK(ratio_of_samples({0, 0, 0}, {0, 0, 0}).value == 1);
  CHECK(ratio_of_samples({0, 0, 0}, {1e-6, 1e-6, 1e-6}).value == Approx(1000));
}

TEST_CASE("intervals alone are tested by their standard errors") {
  // Each ±2 %, so 1.0204 % of error; √2 of that against a ratio of 1.05.
  const IntervalTest test = interval_test({1, {0.98, 1.02}}, {1.05, {1.029, 1.071}});
  const double error = std::sqrt(2.0) * 0.02 / 1.959963984540054;
  CHECK(test.p == Approx(std::erfc(std::log(1.05) / error / std::sqrt(2.0))));
  CHECK(test.p == Approx(7.2e-4).epsilon(0.05));
  CHECK(test.ratio.value == Approx(1.05));
  CHECK(test.ratio.interval.low == Approx(1.05 * std::exp(-0.02 * std::sqrt(2.0))));
  CHECK(test.ratio.interval.high == Approx(1.05 * std::exp(0.02 * std::sqrt(2.0))));
  CHECK(interval_test({1, {0.9, 1.1}}, {1, {0.9, 1.1}}).p == 1);
  CHECK_ERROR(interval_test({1, {1, 1}}, {1, {0.9, 1.1}}), ErrorCode::invalid_argument,
              "intervals");
  CHECK_ERROR(interval_test({1, {0.9, 1.1}}, {0, {0, 1}}), ErrorCode::invalid_argument, "above 0");
}

// The 15 p-values of the paper's section 3.2: at 5 % the first four are discoveries.
TEST_CASE("false discovery rates are those of Benjamini and Hochberg's example") {
  const Samples p_values = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                            0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const Samples rates = false_discovery_rates(p_values);
  REQUIRE(rates.size() == 15);
  CHECK(rates[0] == Approx(0.0015));
  CHECK(rates[3] == Approx(0.0095 * 15 / 4));
  for (int i = 0; i < 15; ++i) CHECK((rates[i] <= 0.05) == (i < 4));
  CHECK(rates[14] == 1);
}

TEST_CASE("a false discovery rate is never above that of a larger p-value") {
  const Samples rates = false_discovery_rates({0.04, 0.03, 0.01, 0.05});
  CHECK(rates[0] == Approx(0.05));
  CHECK(rates[1] == Approx(0.05));
  CHECK(rates[2] == Approx(0.04));
  CHECK(rates[3] == Approx(0.05));
  CHECK(false_discovery_rates({}).empty());
}
