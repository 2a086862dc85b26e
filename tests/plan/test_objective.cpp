#include <cmath>
#include <limits>

#include "scission/plan/plan.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

PlanCost some_cost() {
  PlanCost cost;
  cost.latency_s = 2;
  cost.period_s = 3;
  cost.traffic_bytes = 5e6;
  cost.energy_j = 7;
  cost.money = 11;
  cost.error = 0.25;
  cost.disagreement = 0.125;
  return cost;
}

}  // namespace

TEST_CASE("every metric has a name, a value and a weight") {
  REQUIRE(all_metrics().size() == 7);
  CHECK(to_string(Metric::latency) == "latency");
  CHECK(to_string(Metric::period) == "period");
  CHECK(to_string(Metric::traffic) == "traffic");
  CHECK(to_string(Metric::energy) == "energy");
  CHECK(to_string(Metric::money) == "money");
  CHECK(to_string(Metric::error) == "error");
  CHECK(to_string(Metric::disagreement) == "disagreement");
  const std::vector<double> amounts{2, 3, 5e6, 7, 11, 0.25, 0.125};
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    const Metric measure = all_metrics()[i];
    CHECK(metric_value(measure, some_cost()) == amounts[i]);
    CHECK(objective_value(single_objective(measure), some_cost()) == amounts[i]);
    Objective objective;
    objective.set_weight(measure, 13);
    CHECK(objective.weight(measure) == 13);
    CHECK(objective_value(objective, some_cost()) ==
          13 * amounts[i] + (measure == Metric::latency ? 0 : 2));
  }
}

TEST_CASE("the default objective is the latency") {
  CHECK(Objective{} == single_objective(Metric::latency));
}

TEST_CASE("a measure without a weight does not count, known or not") {
  PlanCost cost = some_cost();
  cost.energy_j = std::numeric_limits<double>::quiet_NaN();
  CHECK(objective_value(single_objective(Metric::latency), cost) == 2);
  CHECK(std::isnan(objective_value(single_objective(Metric::energy), cost)));
  CHECK(std::isnan(objective_value(parse_objective("latency + energy"), cost)));
}

TEST_CASE("amounts are shown with their units") {
  CHECK(format_metric(Metric::latency, 9.0106) == "9.01 s");
  CHECK(format_metric(Metric::period, 0.25) == "250 ms");
  CHECK(format_metric(Metric::traffic, 2.4087e6) == "2.41 MB");
  CHECK(format_metric(Metric::energy, 12.34) == "12.3 J");
  CHECK(format_metric(Metric::money, 0.0012345) == "0.00123");
  CHECK(format_metric(Metric::error, 0.00412) == "0.412 %");
  CHECK(format_metric(Metric::disagreement, 0) == "0 %");
}

TEST_CASE("large amounts are shown without an exponent") {
  CHECK(format_metric(Metric::energy, 999.4) == "999 J");
  CHECK(format_metric(Metric::energy, 999.6) == "1000 J");
  CHECK(format_metric(Metric::money, 123456.7) == "123457");
}

TEST_CASE("what is not known is shown as unknown") {
  for (Metric measure : all_metrics()) {
    CHECK(format_metric(measure, std::nan("")) == "unknown");
  }
}

TEST_CASE("a single metric is an objective, and its weight does not matter") {
  for (Metric measure : all_metrics())
    CHECK(parse_objective(to_string(measure)) == single_objective(measure));
  CHECK(parse_objective("  period ") == single_objective(Metric::period));
  CHECK(parse_objective("0.5 energy") == single_objective(Metric::energy));
  CHECK(parse_objective("3 traffic") == single_objective(Metric::traffic));
}

TEST_CASE("a weighted sum is read, traffic weighed by the MB") {
  const Objective sum =
      parse_objective("latency + 0.5 energy + 2*traffic+3 * money + 1e-3\tperiod");
  CHECK(sum.latency == 1);
  CHECK(sum.energy == 0.5);
  CHECK(sum.traffic == 2e-6);
  CHECK(sum.money == 3);
  CHECK(sum.period == 1e-3);
  CHECK(objective_value(sum, some_cost()) == Approx(2 + 0.5 * 7 + 2 * 5 + 3 * 11 + 1e-3 * 3));
}

TEST_CASE("an objective that cannot be meant is refused with its term") {
  const auto refused = [](const char* text, const char* message) {
    INFO(text);
    CHECK_ERROR(parse_objective(text), ErrorCode::invalid_argument, message);
  };
  refused("", "'' is not a term of an objective");
  refused("latency +", "'' is not a term");
  refused("speed",
          "'speed' is not a term of an objective; write a weight above 0 and one of latency,");
  refused("latency + 0 energy", "'0 energy' is not a term");
  refused("latency + -1 energy", "'-1 energy' is not a term");
  refused("nan energy", "'nan energy' is not a term");
  refused("inf energy", "'inf energy' is not a term");
  refused("1e-320 traffic", "'1e-320 traffic' is not a term");
  refused("energy 2", "'energy 2' is not a term");
  refused("two energy", "'two energy' is not a term");
  refused("* energy", "'* energy' is not a term");
  refused("Latency", "'Latency' is not a metric of a plan; did you mean 'latency'?");
  refused("latency, energy", "'latency, energy' is not a term");
  refused("energy + latency + 2 energy", "energy occurs twice; add its weights");
}

TEST_CASE("measures are read in their order") {
  CHECK(parse_metrics("latency,energy") == std::vector{Metric::latency, Metric::energy});
  CHECK(parse_metrics(" traffic , money,period") ==
        std::vector{Metric::traffic, Metric::money, Metric::period});
}

TEST_CASE("measures are refused that are unknown, there twice or just one") {
  constexpr ErrorCode invalid = ErrorCode::invalid_argument;
  CHECK_ERROR(parse_metrics("latency,speed"), invalid,
              "'speed' is not a metric; choose from: latency, period, traffic, energy, money");
  CHECK_ERROR(parse_metrics("latency,energy,latency"), invalid, "latency occurs twice");
  CHECK_ERROR(parse_metrics("latency"), invalid, "two or more metrics are needed");
  CHECK_ERROR(parse_metrics(""), invalid, "'' is not a metric");
  CHECK_ERROR(parse_metrics("latency,"), invalid, "'' is not a metric");
}
