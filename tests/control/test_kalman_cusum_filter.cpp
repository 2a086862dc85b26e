#include <cmath>
#include <random>

#include "control/kalman_cusum_filter.hpp"
#include "control/random_stream.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

constexpr ExpectedTime second{0, 1};  // a system, or a curve: nothing is fixed

/// A time scale with one observation per second.
class Feed {
 public:
  explicit Feed(std::uint64_t seed = 1) : random_(seed, 0) {}

  void exact(double factor, int count) {
    for (int i = 0; i < count; ++i) scale.observe(second, factor, ++now_s);
  }
  void noisy(double factor, double noise, int count) {
    for (int i = 0; i < count; ++i) scale.observe(second, factor * random_.factor(noise), ++now_s);
  }

  /// Each noise value lasts for `run` observations.
  void correlated(double factor, double noise, int run, int count) {
    for (int i = 0; i < count; i += run) {
      const double shared = factor * random_.factor(noise);
      for (int j = 0; j < run; ++j) scale.observe(second, shared, ++now_s);
    }
  }

  double factor() const { return scale.variable_factor(now_s); }

  KalmanCusumFilter scale;
  double now_s = 0;

 private:
  RandomStream random_;
};

}  // namespace

TEST_CASE("before any observation the estimate is the profile") {
  const KalmanCusumFilter scale;
  CHECK(scale.variable_factor(0) == 1);
  CHECK(scale.fixed_factor(1000) == 1);
  CHECK_FALSE(scale.is_observed());
}

TEST_CASE("exact observations determine the factor") {
  Feed feed;
  feed.exact(2.5, 20);
  CHECK(feed.factor() == Approx(2.5).epsilon(0.02));
  CHECK(feed.scale.variable_stddev(feed.now_s) < 0.1);
}

TEST_CASE("the expected time is the mean of noisy observations") {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Feed feed(seed);
    feed.noisy(1.5, 0.2, 300);
    sum += feed.factor();
    CHECK(feed.scale.noise() == Approx(0.2).epsilon(0.4));
  }
  CHECK(sum / 20 == Approx(1.5).epsilon(0.05));  // a little is drawn back to the profile
}

TEST_CASE("a step beyond the noise is detected within four observations") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Feed feed(seed);
    feed.noisy(1, 0.1, 100);
    feed.noisy(3, 0.1, 4);
    CAPTURE(seed);
    CHECK(feed.scale.changes() >= 1);
    CHECK(feed.factor() == Approx(3).epsilon(0.4));
    feed.noisy(1, 0.1, 4);
    CHECK(feed.factor() == Approx(1).epsilon(0.4));
  }
}

TEST_CASE("a single outlier moves the estimate little") {
  Feed feed;
  feed.noisy(1, 0.1, 100);
  const double before = feed.factor();
  feed.exact(50, 1);
  CHECK(feed.factor() < 1.25 * before);
  CHECK(feed.scale.changes() == 0);
  feed.noisy(1, 0.1, 20);
  CHECK(feed.factor() == Approx(before).epsilon(0.15));
}

TEST_CASE("without observations the estimate reverts to the profile and becomes uncertain") {
  Feed feed;
  feed.exact(4, 50);
  const double known = feed.scale.variable_stddev(feed.now_s);
  double last_factor = feed.factor();
  double last_doubt = known;
  for (const double later_s : {10.0, 100.0, 300.0, 3000.0}) {
    const double factor = feed.scale.variable_factor(feed.now_s + later_s);
    const double doubt = feed.scale.variable_stddev(feed.now_s + later_s);
    CHECK(factor < last_factor);
    CHECK(doubt > last_doubt);
    last_factor = factor;
    last_doubt = doubt;
  }
  CHECK(last_factor == Approx(1).epsilon(0.01));
  CHECK(last_doubt == Approx(SlowdownFilterOptions().spread).epsilon(0.01));
}

TEST_CASE("transfers of two sizes separate ping and rate") {
  KalmanCusumFilter scale;
  for (int i = 1; i <= 60; ++i) {
    const double small_s = 0.010;
    const double large_s = 0.100;
    scale.observe({0.010, small_s}, 0.010 + 3 * small_s, i);
    scale.observe({0.010, large_s}, 0.010 + 3 * large_s, i);
  }
  CHECK(scale.fixed_factor(60) == Approx(1).epsilon(0.1));
  CHECK(scale.variable_factor(60) == Approx(3).epsilon(0.05));
}

TEST_CASE("with transfers of one size the heaviest and least certain part changes most") {
  KalmanCusumFilter scale;
  for (int i = 1; i <= 60; ++i) scale.observe({0.004, 0.012}, 0.004 + 3 * 0.012, i);
  CHECK(0.004 * scale.fixed_factor(60) + 0.012 * scale.variable_factor(60) ==
        Approx(0.040).epsilon(0.02));
  CHECK(scale.variable_factor(60) > 2.4);
}

TEST_CASE("correlated noise is recognised, and makes the change test less sensitive") {
  Feed shared;
  Feed alone;
  shared.correlated(1, 0.2, 4, 2000);
  alone.noisy(1, 0.2, 2000);
  CHECK(shared.scale.correlation() > 0.4);
  CHECK(alone.scale.correlation() < 0.4);
  CHECK(shared.factor() == Approx(1).epsilon(0.25));
}

TEST_CASE("observations without information are ignored") {
  KalmanCusumFilter scale;
  scale.observe({0, 0}, 1, 1);
  scale.observe(second, 0, 2);
  scale.observe(second, -1, 3);
  scale.observe(second, std::nan(""), 4);
  scale.observe(second, INFINITY, 5);
  CHECK_FALSE(scale.is_observed());
  CHECK(scale.variable_factor(5) == 1);
}

TEST_CASE("a clock that goes back counts as standing still") {
  Feed feed;
  feed.exact(2, 20);
  const double before = feed.factor();
  feed.scale.observe(second, 2, feed.now_s - 100);
  CHECK(feed.factor() == Approx(before).epsilon(0.05));
  CHECK(feed.scale.observed_s() == feed.now_s);
}

TEST_CASE("an absurd time changes the estimate by a factor of a million at most") {
  Feed feed;
  for (const double seconds : {1.7e308, 1.7e308, 1.7e308, 1e-300, 1.7e308}) {
    feed.scale.observe(second, seconds, ++feed.now_s);
    CHECK(std::isfinite(feed.factor()));
    CHECK(feed.factor() > 0);
  }
}
