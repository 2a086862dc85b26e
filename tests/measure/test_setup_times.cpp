#include <random>
#include <vector>

#include "measure/setup_times.hpp"
#include "support/catch.hpp"

using namespace scission;

TEST_CASE("a stage that ends soon has only as much setup time as accumulates until then") {
  const std::vector<double> block_s = {1, 1, 1, 0.25, 0.25};
  // After a wait the first block takes 0.3 s longer, its follower 0.2 s.
  std::vector<SetupObservation> observations;
  for (int i = 0; i < 12; ++i) observations.push_back({i % 2, {0.3, 0.2}});
  const std::vector<TimeEstimate> setups = estimate_setup(observations, block_s);
  REQUIRE(setups.size() == 5);
  CHECK(setups[0].seconds == Approx(0.5));
  CHECK(setups[2].seconds == Approx(0.5));
  CHECK(setups[3].seconds == Approx(0.3));
  CHECK(setups[4].seconds == Approx(0.3));
}

TEST_CASE("the noise of observations adds nothing to setup times") {
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 1);
  double sum = 0;
  constexpr int passes = 400;
  for (int pass = 0; pass < passes; ++pass) {
    std::vector<SetupObservation> observations;
    for (int i = 0; i < 9; ++i) observations.push_back({i % 4, {noise(random)}});
    sum += estimate_setup(observations, {1, 1, 1, 1}).at(1).seconds;
  }
  CHECK(std::abs(sum / passes) < 0.1);  // the mean's standard deviation is 0.025
}

TEST_CASE("fewer than six observations determine no setup time") {
  CHECK(estimate_setup({{0, {1}}, {1, {1}}, {0, {1}}, {1, {1}}, {0, {1}}}, {1, 1}).empty());
}
