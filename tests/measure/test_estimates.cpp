// The figures that add up, their intervals, and warnings about them.
#include <cmath>
#include <random>

#include "measure/estimates.hpp"
#include "measure/holds.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

// Rounds of a whole model of 10 s and of blocks of 2, 3 and 5 s, with noise that is skewed, as that
// of a computer, and that neighbouring rounds have in common as far as `phi` says.
Samples noisy_samples(std::size_t rounds, double phi, std::mt19937& random) {
  Samples samples;
  samples.blocks.resize(3);
  std::normal_distribution<double> normal(0, 1);
  double common = normal(random);
  const auto time = [&](double seconds) {
    return seconds * std::exp(0.02 * common + 0.02 * normal(random));
  };
  for (std::size_t round = 0; round < rounds; ++round) {
    samples.whole.push_back(time(10));
    for (int block = 0; block < 3; ++block)
      samples.blocks[block].push_back(time(block == 2 ? 5 : 2 + block));
    common = phi * common + std::sqrt(1 - phi * phi) * normal(random);
  }
  return samples;
}

struct Coverage {
  double whole = 0;
  double block = 0;
  double ratio = 0;
};

// How often the intervals hold what very many rounds give.
Coverage coverage(std::size_t rounds, double phi) {
  std::mt19937 random(11);
  const Estimates truth = estimate(noisy_samples(20'000, 0, random));
  constexpr int trials = 400;
  Coverage covered;
  for (int trial = 0; trial < trials; ++trial) {
    const Estimates estimates = estimate(noisy_samples(rounds, phi, random));
    covered.whole +=
        testing::holds(estimates.whole.interval, truth.whole.seconds) ? 1.0 / trials : 0;
    covered.block +=
        testing::holds(estimates.blocks[1].interval, truth.blocks[1].seconds) ? 1.0 / trials : 0;
    covered.ratio += testing::holds(estimates.sum_ratio, 1.0) ? 1.0 / trials : 0;
  }
  return covered;
}

std::vector<std::string> warnings_of(const std::vector<double>& whole) {
  const Samples samples{whole, {whole}};
  ModelProfile profile;
  profile.whole_seconds = 1;
  profile.blocks.resize(1);
  profile.blocks[0].seconds = 1;
  profile.sum_ratio_interval = {0.99, 1.01};
  return find_warnings(samples, profile, 0.01, {}, {});
}

bool mentions(const std::vector<std::string>& warnings, const std::string& part) {
  return warnings.size() == 1 && warnings[0].find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("without noise the estimates are the times, and their intervals points") {
  const Samples samples{{10, 10, 10, 10}, {{4, 4, 4, 4}, {5, 5, 5, 5}}};
  const Estimates estimates = estimate(samples);
  CHECK(estimates.whole.seconds == 10);
  CHECK(estimates.blocks[1].seconds == 5);
  CHECK(estimates.blocks[1].interval.low == 5);
  CHECK(estimates.blocks[1].interval.high == 5);
  CHECK(estimates.sum_ratio.low == Approx(0.9));
  CHECK(estimates.sum_ratio.high == Approx(0.9));
}

TEST_CASE("the same samples give the same intervals") {
  std::mt19937 random(5);
  const Samples samples = noisy_samples(30, 0.3, random);
  CHECK(estimate(samples).blocks[0].interval.low == estimate(samples).blocks[0].interval.low);
}

TEST_CASE("an interval holds its estimate, and one round says nothing of its spread") {
  std::mt19937 random(6);
  const Estimates estimates = estimate(noisy_samples(12, 0, random));
  for (const TimeEstimate& block : estimates.blocks)
    CHECK(testing::holds(block.interval, block.seconds));
  const Estimates once = estimate({{3}, {{1}, {1}}});
  CHECK(once.whole.interval.low == 3);
  CHECK(once.whole.interval.high == 3);
}

TEST_CASE("the intervals of what adds up cover as they promise") {
  const Coverage independent = coverage(60, 0);
  CHECK(independent.whole > 0.90);
  CHECK(independent.block > 0.90);
  CHECK(independent.ratio > 0.90);
  const Coverage alike = coverage(150, 0.6);
  CHECK(alike.whole > 0.85);
  CHECK(alike.block > 0.85);
  CHECK(alike.ratio > 0.90);
}

TEST_CASE("rounds are steady once the last two are no faster than the ones before") {
  CHECK_FALSE(is_steady({9, 9}, 0.02));
  CHECK(is_steady({9, 9, 9}, 0.02));
  CHECK_FALSE(is_steady({9, 9, 8}, 0.02));
  CHECK_FALSE(is_steady({9, 8, 8}, 0.02));
  CHECK(is_steady({9, 8, 8, 7.9}, 0.02));
}

TEST_CASE("the widest interval is that of what matters") {
  CHECK(std::isinf(widest_interval({{1, 1, 1}, {{1, 1, 1}}})));
  const std::vector<double> same(6, 100);
  const std::vector<double> six{9, 10, 11, 10, 9, 11};
  CHECK(widest_interval({same, {same}}) == 0);
  CHECK(widest_interval({same, {same, six}}) == Approx(0.2));
  CHECK(widest_interval({six, {same}}) == Approx(0.2));
  CHECK(widest_interval({same, {std::vector<double>(6, 1000), six}}) == 0);
}

TEST_CASE("looking at the intervals gets rarer with the rounds") {
  CHECK(next_precision_check(10) == 11);
  CHECK(next_precision_check(200) == 220);
}

TEST_CASE("a calm measurement raises no warnings") {
  CHECK(warnings_of({1.01, 1, 1.02, 1, 1.01, 1, 1.02, 1.01, 1, 1.01, 1, 1.02}).empty());
}

TEST_CASE("rounds that get slower or faster are a drift") {
  std::vector<double> slower;
  for (int i = 0; i < 20; ++i) slower.push_back(1 + 0.01 * i);
  CHECK(mentions(warnings_of(slower), "slower"));
  CHECK(mentions(warnings_of({slower.rbegin(), slower.rend()}), "faster"));
}

TEST_CASE("rounds far from the others are outliers when they are not rare") {
  std::vector<double> seconds;
  for (int i = 0; i < 40; ++i) seconds.push_back(1 + 0.001 * (i % 7));
  seconds[13] = 2;
  CHECK(warnings_of(seconds).empty());
  seconds[5] = seconds[29] = 3;
  CHECK(mentions(warnings_of(seconds), "3 of 40 rounds"));
}

TEST_CASE("a sum of blocks that differs significantly from the whole causes a warning") {
  const std::vector<double> whole{1, 1, 1, 1, 1, 1, 1, 1, 1};
  ModelProfile profile;
  profile.whole_seconds = 1;
  profile.blocks.resize(1);
  profile.blocks[0].seconds = 1.1;
  profile.sum_ratio_interval = {1.07, 1.12};
  CHECK(mentions(find_warnings({whole, {whole}}, profile, 0, {}, {}), "+10.0 %"));
  profile.sum_ratio_interval = {1.05, 1.12};
  CHECK(find_warnings({whole, {whole}}, profile, 0, {}, {}).empty());
}

TEST_CASE("blocks too short for the clock cause a warning") {
  ModelProfile profile;
  profile.blocks.resize(2);
  profile.blocks[0].seconds = 1e-6;
  profile.blocks[1].seconds = 1;
  CHECK(find_warnings({{1}, {{1}}}, profile, 0, {}, {1e-6, 0}).empty());
  profile.blocks[1].seconds = 1e-6;
  CHECK(mentions(find_warnings({{1}, {{1}}}, profile, 0, {}, {1e-6, 0}), "2 blocks"));
}

TEST_CASE("a clock's step and cost are seen on the clock itself") {
  double now = 0;
  int calls = 0;
  const ClockProperties figures = measure_clock([&] {
    if (++calls % 4 == 0) now += 0.5;
    return now;
  });
  CHECK(figures.resolution_s == 0.5);
  CHECK(figures.overhead_s == Approx(0.125).epsilon(0.01));
  CHECK(measure_clock([] { return 1.0; }).resolution_s == 0);
}
