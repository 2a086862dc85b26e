// The smallest set of plans that is good enough everywhere.
#include <random>

#include "scission/sweep/adaptive_analysis.hpp"
#include "support/adaptive_grids.hpp"
#include "support/catch.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

using Levels = std::vector<int>;

bool covers(const AdaptiveGrid& grid, unsigned plans, double within) {
  for (const Condition& condition : grid.conditions) {
    double best = 1e9;
    double ours = 1e9;
    for (std::size_t plan = 0; plan < condition.times.size(); ++plan) {
      const double seconds = condition.times[plan].seconds;
      best = std::min(best, seconds);
      if (((plans >> plan) & 1U) != 0) ours = std::min(ours, seconds);
    }
    if (ours > (1 + within) * best) return false;
  }
  return true;
}

std::size_t smallest_by_trying_all(const AdaptiveGrid& grid, double within) {
  std::size_t least = grid.plans.size();
  for (unsigned plans = 1; plans < 1U << grid.plans.size(); ++plans) {
    const auto count = static_cast<std::size_t>(__builtin_popcount(plans));
    if (count < least && covers(grid, plans, within)) least = count;
  }
  return least;
}

unsigned bits_of(const PlanCover& cover) {
  unsigned bits = 0;
  for (const std::size_t plan : cover.plans) bits |= 1U << plan;
  return bits;
}

}  // namespace

TEST_CASE("the smallest cover is as small as trying all sets shows") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> seconds(1, 2);
  for (int round = 0; round < 40; ++round) {
    const AdaptiveGrid grid =
        full_grid({4, 4}, 9, [&](const Levels&, int) { return seconds(random); });
    for (const double within : {0.0, 0.05, 0.2}) {
      const PlanCover cover = smallest_cover(grid, within);
      CHECK(cover.is_smallest);
      CHECK(cover.plans.size() == smallest_by_trying_all(grid, within));
      CHECK(covers(grid, bits_of(cover), within));
      CHECK(cover.at_least == cover.plans.size());
    }
  }
}

TEST_CASE("two plans are found where taking the largest first needs three") {
  // p0 is good enough in conditions 0-2, p1 in 3-5, p2 in 1-4: the largest, and never needed.
  const AdaptiveGrid grid = full_grid({6}, 3, [](const Levels& levels, int plan) {
    const int condition = levels[0];
    const bool is_good = plan == 0   ? condition < 3
                         : plan == 1 ? condition >= 3
                                     : condition >= 1 && condition <= 4;
    return is_good ? 1.0 : 2.0;
  });
  const PlanCover cover = smallest_cover(grid, 0.05);
  CHECK(cover.plans == std::vector<std::size_t>{0, 1});
  CHECK(cover.conditions == std::vector<std::size_t>{3, 3});
  const PlanCover greedy = smallest_cover(grid, 0.05, 0);
  CHECK(greedy.plans.size() == 3);
  CHECK_FALSE(greedy.is_smallest);
  CHECK(greedy.at_least == 2);
}

TEST_CASE("one plan is enough where all may be slow enough") {
  const AdaptiveGrid grid =
      full_grid({3}, 2, [](const Levels& levels, int plan) { return 1.0 + levels[0] + plan; });
  const PlanCover cover = smallest_cover(grid, 1);
  CHECK(cover.plans == std::vector<std::size_t>{0});
  CHECK(cover.conditions == std::vector<std::size_t>{3});
}

TEST_CASE("a plan that was not measured covers nothing") {
  AdaptiveGrid grid = full_grid({2}, 2, [](const Levels&, int plan) { return 1.0 + plan; });
  grid.conditions[1].times[0] = {};
  CHECK(smallest_cover(grid, 0.05).plans.size() == 2);
}
