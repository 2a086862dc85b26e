// The smallest set of plans that is near-optimal in every condition.
#include <random>

#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/sweeps.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

using Levels = std::vector<int>;

bool covers(const Sweep& sweep, unsigned plans, double tolerance) {
  for (const Condition& condition : sweep.conditions) {
    double best = 1e9;
    double ours = 1e9;
    for (std::size_t plan = 0; plan < condition.times.size(); ++plan) {
      const double seconds = condition.times[plan].seconds;
      best = std::min(best, seconds);
      if (((plans >> plan) & 1U) != 0) ours = std::min(ours, seconds);
    }
    if (ours > (1 + tolerance) * best) return false;
  }
  return true;
}

std::size_t size_by_exhaustive_search(const Sweep& sweep, double tolerance) {
  std::size_t least = sweep.plans.size();
  for (unsigned plans = 1; plans < 1U << sweep.plans.size(); ++plans) {
    const auto count = static_cast<std::size_t>(__builtin_popcount(plans));
    if (count < least && covers(sweep, plans, tolerance)) least = count;
  }
  return least;
}

unsigned bits_of(const PlanSet& set) {
  unsigned bits = 0;
  for (const std::size_t plan : set.plans) bits |= 1U << plan;
  return bits;
}

}  // namespace

TEST_CASE("the set is as small as exhaustive search shows") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> seconds(1, 2);
  for (int round = 0; round < 40; ++round) {
    const Sweep sweep = full_sweep({4, 4}, 9, [&](const Levels&, int) { return seconds(random); });
    for (const double tolerance : {0.0, 0.05, 0.2}) {
      const PlanSet cover = minimal_plan_set(sweep, tolerance);
      CHECK(cover.is_minimal);
      CHECK(cover.plans.size() == size_by_exhaustive_search(sweep, tolerance));
      CHECK(covers(sweep, bits_of(cover), tolerance));
      CHECK(cover.lower_bound == cover.plans.size());
    }
  }
}

TEST_CASE("two plans are found where the greedy set has three") {
  // p0 is good enough in conditions 0-2, p1 in 3-5, p2 in 1-4: the largest, and never needed.
  const Sweep sweep = full_sweep({6}, 3, [](const Levels& levels, int plan) {
    const int condition = levels[0];
    const bool is_good = plan == 0   ? condition < 3
                         : plan == 1 ? condition >= 3
                                     : condition >= 1 && condition <= 4;
    return is_good ? 1.0 : 2.0;
  });
  const PlanSet cover = minimal_plan_set(sweep, 0.05);
  CHECK(cover.plans == std::vector<std::size_t>{0, 1});
  CHECK(cover.conditions == std::vector<std::size_t>{3, 3});
  const PlanSet greedy = minimal_plan_set(sweep, 0.05, 0);
  CHECK(greedy.plans.size() == 3);
  CHECK_FALSE(greedy.is_minimal);
  CHECK(greedy.lower_bound == 2);
}

TEST_CASE("one plan suffices if the tolerance is large") {
  const Sweep sweep =
      full_sweep({3}, 2, [](const Levels& levels, int plan) { return 1.0 + levels[0] + plan; });
  const PlanSet cover = minimal_plan_set(sweep, 1);
  CHECK(cover.plans == std::vector<std::size_t>{0});
  CHECK(cover.conditions == std::vector<std::size_t>{3});
}

TEST_CASE("a plan that was not measured covers nothing") {
  Sweep sweep = full_sweep({2}, 2, [](const Levels&, int plan) { return 1.0 + plan; });
  sweep.conditions[1].times[0] = {};
  CHECK(minimal_plan_set(sweep, 0.05).plans.size() == 2);
}
