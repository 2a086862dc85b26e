// A prediction held against what was measured.
#include <limits>

#include "scission/base/error.hpp"
#include "scission/sweep/sweep_comparison.hpp"
#include "support/adaptive_grids.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Plan 0 gets slower with "a", plan 1 does not; "b" changes nothing.
double measured_s(const std::vector<int>& levels, int plan) {
  return plan == 0 ? 0.1 * (1 + levels[0]) : 0.15;
}

}  // namespace

TEST_CASE("A sweep is predicted by itself without an error") {
  const AdaptiveGrid grid = full_grid({3, 2}, 2, measured_s);
  const SweepComparison same = compare_sweeps(grid, grid);
  CHECK(same.conditions.size() == 6);
  CHECK(same.times == 12);
  CHECK(same.right == 6);
  CHECK(same.good == 6);
  CHECK(same.median_error == 0);
  CHECK(same.p90_error == 0);
  CHECK(same.median_bias == 0);
}

TEST_CASE("A wrong best plan costs what it takes longer, and may still be good enough") {
  const AdaptiveGrid measured = full_grid({2, 2}, 2, [](const auto& levels, int plan) {
    return plan == 0 ? (levels[0] == 0 ? 0.144 : 0.10) : 0.15;
  });
  // Plan 1 is said to be the best everywhere.
  const AdaptiveGrid predicted =
      full_grid({2, 2}, 2, [](const auto&, int plan) { return plan == 0 ? 0.2 : 0.1; });
  const SweepComparison comparison = compare_sweeps(measured, predicted, 0.05);
  CHECK(comparison.right == 0);
  CHECK(comparison.good == 2);
  REQUIRE(comparison.conditions.size() == 4);
  CHECK(comparison.conditions[0].loss == Approx(0.15 / 0.144 - 1));
  CHECK(comparison.conditions[2].loss == Approx(0.5));
  CHECK(comparison.conditions[2].measured_best == 0);
  CHECK(comparison.conditions[2].predicted_best == 1);
}

TEST_CASE("Errors are told by their size and their direction") {
  const AdaptiveGrid measured = full_grid({2, 2}, 2, measured_s);
  const AdaptiveGrid slower = full_grid(
      {2, 2}, 2, [](const auto& levels, int plan) { return 1.1 * measured_s(levels, plan); });
  const SweepComparison comparison = compare_sweeps(measured, slower);
  CHECK(comparison.median_error == Approx(0.1));
  CHECK(comparison.p90_error == Approx(0.1));
  CHECK(comparison.median_bias == Approx(0.1));
  CHECK(comparison.right == 4);
}

TEST_CASE("Conditions and plans are matched by their names, and what one lacks is left out") {
  const AdaptiveGrid measured = full_grid({3, 2}, 3, measured_s);
  AdaptiveGrid predicted = full_grid({3, 2}, 2, measured_s);
  // The same factors and levels the other way round.
  std::swap(predicted.factors[0], predicted.factors[1]);
  for (Condition& condition : predicted.conditions) {
    std::swap(condition.levels[0], condition.levels[1]);
  }
  predicted.conditions.pop_back();
  predicted.conditions[0].times[1].seconds = 0;
  const SweepComparison comparison = compare_sweeps(measured, predicted);
  CHECK(comparison.conditions.size() == 5);
  CHECK(comparison.times == 9);
  CHECK(comparison.right == 5);
}

TEST_CASE("Sweeps of other models or factors are not compared") {
  const AdaptiveGrid measured = full_grid({2, 2}, 2, measured_s);
  AdaptiveGrid other = measured;
  other.model = "another";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "another");
  other = full_grid({2, 2}, 2, measured_s);
  other.factors[1].name = "moon";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "moon");
  other = full_grid({2, 2}, 2, measured_s);
  for (GridPlan& plan : other.plans) plan.label += "x";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "in common");
  CHECK_ERROR(compare_sweeps(measured, measured, -1), ErrorCode::invalid_argument, "within");
}
