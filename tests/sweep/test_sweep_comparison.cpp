// A predicted sweep against a measured one.
#include <limits>

#include "scission/base.hpp"
#include "scission/sweep.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/sweeps.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

/// Plan 0 gets slower with "a", plan 1 does not; "b" changes nothing.
double measured_s(const std::vector<int>& levels, int plan) {
  return plan == 0 ? 0.1 * (1 + levels[0]) : 0.15;
}

}  // namespace

TEST_CASE("A sweep agrees with itself") {
  const Sweep sweep = full_sweep({3, 2}, 2, measured_s);
  const SweepComparison same = compare_sweeps(sweep, sweep);
  CHECK(same.conditions.size() == 6);
  CHECK(same.times == 12);
  CHECK(same.exact == 6);
  CHECK(same.within_tolerance == 6);
  CHECK(same.median_error == 0);
  CHECK(same.p90_error == 0);
  CHECK(same.median_bias == 0);
}

TEST_CASE("A wrong best plan has a regret, which may be within the tolerance") {
  const Sweep measured = full_sweep({2, 2}, 2, [](const auto& levels, int plan) {
    return plan == 0 ? (levels[0] == 0 ? 0.144 : 0.10) : 0.15;
  });
  // Plan 1 is said to be the best everywhere.
  const Sweep predicted =
      full_sweep({2, 2}, 2, [](const auto&, int plan) { return plan == 0 ? 0.2 : 0.1; });
  const SweepComparison comparison = compare_sweeps(measured, predicted, 0.05);
  CHECK(comparison.exact == 0);
  CHECK(comparison.within_tolerance == 2);
  REQUIRE(comparison.conditions.size() == 4);
  CHECK(comparison.conditions[0].regret == Approx(0.15 / 0.144 - 1));
  CHECK(comparison.conditions[2].regret == Approx(0.5));
  CHECK(comparison.conditions[2].measured_best == 0);
  CHECK(comparison.conditions[2].predicted_best == 1);
}

TEST_CASE("Errors have a size and a bias") {
  const Sweep measured = full_sweep({2, 2}, 2, measured_s);
  const Sweep slower = full_sweep(
      {2, 2}, 2, [](const auto& levels, int plan) { return 1.1 * measured_s(levels, plan); });
  const SweepComparison comparison = compare_sweeps(measured, slower);
  CHECK(comparison.median_error == Approx(0.1));
  CHECK(comparison.p90_error == Approx(0.1));
  CHECK(comparison.median_bias == Approx(0.1));
  CHECK(comparison.exact == 4);
}

TEST_CASE("Conditions and plans are matched by name, and unmatched ones are ignored") {
  const Sweep measured = full_sweep({3, 2}, 3, measured_s);
  Sweep predicted = full_sweep({3, 2}, 2, measured_s);
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
  CHECK(comparison.exact == 5);
}

TEST_CASE("Sweeps of different models or factors are not compared") {
  const Sweep measured = full_sweep({2, 2}, 2, measured_s);
  Sweep other = measured;
  other.model = "another";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "another");
  other = full_sweep({2, 2}, 2, measured_s);
  other.factors[1].name = "moon";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "moon");
  other = full_sweep({2, 2}, 2, measured_s);
  for (SweepPlan& plan : other.plans) plan.label += "x";
  CHECK_ERROR(compare_sweeps(measured, other), ErrorCode::mismatch, "in common");
  CHECK_ERROR(compare_sweeps(measured, measured, -1), ErrorCode::invalid_argument, "tolerance");
}
