#include <algorithm>
#include <cmath>
#include <random>

#include "scission/search/analysis.hpp"
#include "search/lower_envelope.hpp"
#include "search/query_for.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/hard_problem.hpp"
#include "support/random_numbers.hpp"

using namespace scission;
using testing::query_for;
using testing::uniform;

namespace {

// One layer: 1 s on the device; 1 MB to the cloud, 0.2 s there; or by way of the edge.
PartitionProblem one_layer_problem() {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"pc", "edge"}, {"vm", "cloud"}};
  for (System& system : problem.systems) {
    system.power_w = 10;
    system.price_per_hour = 36;
  }
  problem.blocks = {{0, 0, 4'000}};
  problem.block_s = {{1}, {5}, {0.2}};
  Link link{0, 8};
  link.joules_per_byte = 1e-6;
  link.price_per_byte = 1e-8;
  problem.links.assign(9, link);
  return problem;
}

// Six layers on four systems, times and sizes of one magnitude at 10 Gbit/s, where a whole byte a
// second is next to nothing.
PartitionProblem random_sensitivity_problem(std::mt19937& random) {
  PartitionProblem problem = one_layer_problem();
  problem.systems = {{"pi", "device"}, {"pc", "edge"}, {"nuc", "edge"}, {"vm", "cloud"}};
  problem.blocks.clear();
  for (int block = 0; block < 6; ++block) {
    problem.blocks.push_back({block, block, 1'000'000LL * uniform(random, 1, 4000)});
  }
  problem.block_s.assign(4, {});
  for (int system = 0; system < 4; ++system) {
    problem.systems[system].power_w = uniform(random, 1, 50);
    problem.systems[system].price_per_hour = uniform(random, 1, 50);
    for (int block = 0; block < 6; ++block) {
      problem.block_s[system].push_back(uniform(random, 1, 1000) / 1000.0 / (1 + system));
    }
  }
  Link link{10, 10'000};
  link.joules_per_byte = 1e-9;
  link.price_per_byte = 1e-12;
  problem.links.assign(16, link);
  return problem;
}

Query random_sensitivity_query(std::mt19937& random) {
  Query query;
  query.input_bytes = 1e6 * uniform(random, 1, 4000);
  if (uniform(random, 0, 1) == 1) query.route = Route::any_order;
  if (uniform(random, 0, 3) == 0) query.return_to = "device";
  if (uniform(random, 0, 3) == 0) query.limits.traffic_bytes = 1e6 * uniform(random, 2000, 6000);
  query.objective = {1, 0, 0, uniform(random, 0, 2) / 100.0, uniform(random, 0, 2) * 10.0};
  return query;
}

double value_of(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
}

PartitionProblem with_bandwidth(PartitionProblem problem, int from, int to, double megabits_per_s) {
  problem.links[from * problem.systems.size() + to]->megabits_per_s = megabits_per_s;
  return problem;
}

PartitionProblem with_slowdown(PartitionProblem problem, int system, double factor) {
  for (double& seconds : problem.block_s[system]) seconds *= factor;
  return problem;
}

const SensitivityRange& range_at(const std::vector<SensitivityRange>& ranges, double x) {
  return *std::find_if(ranges.begin(), ranges.end() - 1,
                       [x](const SensitivityRange& range) { return x <= range.high; });
}

void check_cover(const std::vector<SensitivityRange>& ranges, double low, double high) {
  REQUIRE_FALSE(ranges.empty());
  CHECK(ranges.front().low == low);
  CHECK(ranges.back().high == high);
  for (std::size_t i = 0; i < ranges.size(); ++i) CHECK(ranges[i].low < ranges[i].high);
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    CHECK(ranges[i].low == ranges[i - 1].high);
    CHECK_FALSE(ranges[i].plan == ranges[i - 1].plan);
    CHECK(ranges[i].value_at_low == Approx(ranges[i - 1].value_at_high).epsilon(1e-9));
  }
}

/// Holds the ranges against the best of all plans at many points, and both neighbours against each
/// other at the breakpoints. `at` gives the problem at a point.
template <typename At>
void check_ranges(const std::vector<SensitivityRange>& ranges, const PartitionProblem& problem,
                  const Query& query, At at, double rounding) {
  const double low = ranges.front().low;
  const double high = ranges.back().high;
  const std::vector<Plan> plans = testing::every_plan(problem, query);
  constexpr int points = 60;
  for (int i = 0; i <= points; ++i) {
    const double x = std::clamp(low * std::pow(high / low, i / double{points}), low, high);
    const PartitionProblem changed = at(x);
    double least = INFINITY;
    for (const Plan& plan : plans) least = std::min(least, value_of(changed, query, plan));
    const SensitivityRange& range = range_at(ranges, x);
    CHECK(range.value_at(x) == Approx(least).epsilon(rounding));
    CHECK(value_of(changed, query, range.plan) == Approx(least).epsilon(rounding));
  }
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const PartitionProblem changed = at(ranges[i].low);
    CHECK(value_of(changed, query, ranges[i].plan) ==
          Approx(value_of(changed, query, ranges[i - 1].plan)).epsilon(rounding));
  }
}

}  // namespace

TEST_CASE("the bandwidth at which sending begins to pay is exact") {
  PartitionProblem problem = one_layer_problem();
  problem.links[0 * 3 + 1].reset();
  const auto ranges = bandwidth_sensitivity(problem, query_for(1e6), {"pi", "vm", 1, 100});
  check_cover(ranges, 1, 100);
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].plan == Plan{0, {{0, 0, 0}}});
  CHECK(ranges[1].plan == Plan{0, {{2, 0, 0}}});
  CHECK(ranges[0].high == Approx(10).epsilon(1e-12));  // 1 MB in 0.8 s
  CHECK(ranges[0].value_at_low == 1);
  CHECK(ranges[1].value_at_low == Approx(1).epsilon(1e-12));
  CHECK(ranges[1].value_at_high == Approx(0.28).epsilon(1e-12));
  CHECK(ranges[1].value_at(20) == Approx(0.6).epsilon(1e-12));
}

TEST_CASE("the slowdown at which a system no longer pays is exact") {
  const auto ranges = slowdown_sensitivity(one_layer_problem(), query_for(1e6), {"pi", 0.5, 2});
  check_cover(ranges, 0.5, 2);
  REQUIRE(ranges.size() == 2);
  CHECK(ranges[0].plan == Plan{0, {{0, 0, 0}}});
  CHECK(ranges[0].high == Approx(1.2).epsilon(1e-12));  // 1 MB at 1 MB/s, and 0.2 s
  CHECK(ranges[0].value_at(0.75) == Approx(0.75).epsilon(1e-12));
  CHECK(ranges[1].value_at_high == Approx(1.2).epsilon(1e-12));
}

TEST_CASE("ranges over a bandwidth agree with an enumeration of all plans") {
  std::mt19937 random(1976);
  std::size_t most_ranges = 0;
  for (int instance = 0; instance < 40; ++instance) {
    const PartitionProblem problem = random_sensitivity_problem(random);
    const Query query = random_sensitivity_query(random);
    if (testing::every_plan(problem, query).empty()) continue;
    const int from = uniform(random, 0, 1);
    const int to = uniform(random, 2, 3);
    INFO("instance " << instance << ", link " << from << " to " << to);
    const auto ranges = bandwidth_sensitivity(
        problem, query, {problem.systems[from].name, problem.systems[to].name, 1'000, 1'000'000});
    check_cover(ranges, 1'000, 1'000'000);
    check_ranges(
        ranges, problem, query, [&](double x) { return with_bandwidth(problem, from, to, x); },
        1e-8);
    most_ranges = std::max(most_ranges, ranges.size());
  }
  CHECK(most_ranges >= 3);
}

TEST_CASE("ranges over a slowdown agree with an enumeration of all plans") {
  std::mt19937 random(2006);
  std::size_t most_ranges = 0;
  for (int instance = 0; instance < 40; ++instance) {
    const PartitionProblem problem = random_sensitivity_problem(random);
    const Query query = random_sensitivity_query(random);
    if (testing::every_plan(problem, query).empty()) continue;
    const int system = uniform(random, 0, 3);
    INFO("instance " << instance << ", system " << system);
    const auto ranges =
        slowdown_sensitivity(problem, query, {problem.systems[system].name, 0.01, 100});
    check_cover(ranges, 0.01, 100);
    check_ranges(
        ranges, problem, query, [&](double x) { return with_slowdown(problem, system, x); }, 1e-9);
    most_ranges = std::max(most_ranges, ranges.size());
  }
  CHECK(most_ranges >= 4);
}

TEST_CASE("a plan that is the best everywhere has one range") {
  Query query = query_for(1e6);
  query.constraints["device"].criteria = parse_criteria("0");
  const auto ranges = bandwidth_sensitivity(one_layer_problem(), query, {"pi", "vm", 1, 100});
  REQUIRE(ranges.size() == 1);
  check_cover(ranges, 1, 100);
  CHECK(ranges[0].value_at(50) == 1);
}

TEST_CASE("bandwidths that are the same to a whole byte a second have one range") {
  const auto ranges =
      bandwidth_sensitivity(one_layer_problem(), query_for(1e6), {"pi", "vm", 10, 10.000001});
  REQUIRE(ranges.size() == 1);
  check_cover(ranges, 10, 10.000001);
  CHECK(ranges[0].value_at_low == 1);
}

TEST_CASE("a breakpoint at an end of the interval adds no range") {
  const auto below = slowdown_sensitivity(one_layer_problem(), query_for(1e6), {"pi", 0.5, 1.2});
  REQUIRE(below.size() == 1);
  CHECK(below[0].plan == Plan{0, {{0, 0, 0}}});
  const auto above = slowdown_sensitivity(one_layer_problem(), query_for(1e6), {"pi", 1.2, 2});
  REQUIRE(above.size() == 1);
  CHECK(above[0].plan == Plan{0, {{2, 0, 0}}});
}

TEST_CASE("an energy objective changes with a slowdown, and not with a bandwidth") {
  Query query = query_for(1e6);
  query.objective = single_objective(Metric::energy);
  const auto slower = slowdown_sensitivity(one_layer_problem(), query, {"pi", 0.1, 1});
  REQUIRE(slower.size() == 2);
  CHECK(slower[0].high == Approx(0.3).epsilon(1e-12));  // 1 J to send, and 2 J there
  CHECK(bandwidth_sensitivity(one_layer_problem(), query, {"pi", "vm", 1, 100}).size() == 1);
}

TEST_CASE("three lines through one point have no piece for the middle one") {
  const std::vector<CostLine> lines{{Plan{0, {}}, 0, 4}, {Plan{1, {}}, 1, 3}, {Plan{2, {}}, 2, 2}};
  const auto least_at = [&](double x) {
    return *std::min_element(lines.begin(), lines.end(), [x](const auto& a, const auto& b) {
      return a.at_left + (a.at_right - a.at_left) * x < b.at_left + (b.at_right - b.at_left) * x;
    });
  };
  const auto pieces = lower_envelope(least_at, 0, 1);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].plan.source == 0);
  CHECK(pieces[0].right == 0.5);
  CHECK(pieces[1].plan.source == 2);
}

TEST_CASE("twenty tangents of a parabola are all found, each where it is the least") {
  constexpr int count = 20;
  std::vector<CostLine> lines;
  for (int i = 0; i < count; ++i) {
    const double touch = (i + 0.5) / count;  // of x(2 - x): touch² + 2(1 - touch)x
    lines.push_back({Plan{i, {}}, touch * touch, touch * touch + 2 * (1 - touch)});
  }
  int calls = 0;
  const auto least_at = [&](double x) {
    ++calls;
    return *std::min_element(lines.begin(), lines.end(), [x](const auto& a, const auto& b) {
      return a.at_left + (a.at_right - a.at_left) * x < b.at_left + (b.at_right - b.at_left) * x;
    });
  };
  const auto pieces = lower_envelope(least_at, 0, 1);
  REQUIRE(pieces.size() == count);
  for (int i = 0; i < count; ++i) {
    CHECK(pieces[i].plan.source == i);
    CHECK(pieces[i].right == Approx((i + 1.0) / count).epsilon(1e-12));
  }
  CHECK(calls <= 2 * count + 1);
}

TEST_CASE("an undefined sensitivity is an error that states the reason") {
  const PartitionProblem problem = one_layer_problem();
  const Query query = query_for(1e6);
  const auto invalid = ErrorCode::invalid_argument;
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"pi", "none", 1, 2}), invalid,
              "no system 'none'");
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"", "vm", 1, 2}), invalid, "no system ''");
  CHECK_ERROR(slowdown_sensitivity(problem, query, {"none", 1, 2}), invalid, "no system 'none'");
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"vm", "vm", 1, 2}), invalid,
              "no link from vm to vm");
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"pi", "vm", 0, 2}), invalid, "range 0 to 2");
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"pi", "vm", 2, 2}), invalid, "range 2 to 2");
  CHECK_ERROR(slowdown_sensitivity(problem, query, {"pi", -1, 2}), invalid, "range -1 to 2");
  CHECK_ERROR(slowdown_sensitivity(problem, query, {"pi", 1, INFINITY}), invalid, "range 1 to inf");
  CHECK_ERROR(bandwidth_sensitivity(problem, query, {"pi", "vm", 1e-9, 2}), invalid,
              "a byte a second");
  PartitionProblem unlinked = problem;
  unlinked.links[2].reset();
  CHECK_ERROR(bandwidth_sensitivity(unlinked, query, {"pi", "vm", 1, 2}), invalid,
              "no link from pi to vm");
  PartitionProblem curved = problem;
  curved.links[2]->curve = {{0, 0}, {1e6, 1}};
  CHECK_ERROR(bandwidth_sensitivity(curved, query, {"pi", "vm", 1, 2}), invalid, "measured curve");
  Query period = query;
  period.objective.period = 0.5;
  CHECK_ERROR(bandwidth_sensitivity(problem, period, {"pi", "vm", 1, 2}), invalid, "period");
  CHECK_ERROR(slowdown_sensitivity(problem, period, {"pi", 1, 2}), invalid, "period");
}

TEST_CASE("limits that depend on the parameter are errors, other limits are not") {
  const PartitionProblem problem = one_layer_problem();
  const auto bandwidth = [&](const Query& query) {
    return bandwidth_sensitivity(problem, query, {"pi", "vm", 1, 2});
  };
  const auto slowdown = [&](const Query& query) {
    return slowdown_sensitivity(problem, query, {"pi", 1, 2});
  };
  const auto invalid = ErrorCode::invalid_argument;
  Query latency = query_for(1e6);
  latency.limits.latency_s = 100;
  CHECK_ERROR(bandwidth(latency), invalid, "limit on latency");
  CHECK_ERROR(slowdown(latency), invalid, "limit on latency");
  Query period = query_for(1e6);
  period.limits.period_s = 100;
  CHECK_ERROR(bandwidth(period), invalid, "limit on period");
  CHECK_ERROR(slowdown(period), invalid, "limit on period");
  Query energy = query_for(1e6);
  energy.limits.energy_j = 100;
  CHECK_ERROR(slowdown(energy), invalid, "limit on energy");
  CHECK_NOTHROW(bandwidth(energy));
  Query money = query_for(1e6);
  money.limits.money = 100;
  CHECK_ERROR(slowdown(money), invalid, "limit on money");
  CHECK_NOTHROW(bandwidth(money));
  Query traffic = query_for(1e6);
  traffic.limits.traffic_bytes = 1e9;
  CHECK_NOTHROW(bandwidth(traffic));
  CHECK_NOTHROW(slowdown(traffic));
  Query own = query_for(1e6);
  own.constraints["device"].compute = TimeLimit{100, false};
  CHECK_ERROR(slowdown(own), invalid, "computing on device");
  CHECK_NOTHROW(bandwidth(own));
  Query others = query_for(1e6);
  others.constraints["edge"].compute = TimeLimit{100, false};
  CHECK_NOTHROW(slowdown(others));
  Query share = query_for(1e6);
  share.constraints["edge"].compute = TimeLimit{0.5, true};
  CHECK_ERROR(slowdown(share), invalid, "computing on edge");
}

TEST_CASE("every range satisfies the limits") {
  Query query = query_for(1e6);
  query.limits.traffic_bytes = 500'000;
  const auto ranges = bandwidth_sensitivity(one_layer_problem(), query, {"pi", "vm", 1, 10'000});
  REQUIRE(ranges.size() == 1);
  CHECK(ranges[0].plan == Plan{0, {{0, 0, 0}}});
}

TEST_CASE("without a feasible plan the sensitivity is an error") {
  Query query = query_for(1e6);
  query.constraints["device"].criteria = parse_criteria("0,-1");
  CHECK_ERROR(bandwidth_sensitivity(one_layer_problem(), query, {"pi", "vm", 1, 2}),
              ErrorCode::infeasible, "no plan");
}

TEST_CASE("a stopped sensitivity is an error, because it would not cover its interval") {
  Query query;
  query.route = Route::any_order;
  std::stop_source stop;
  stop.request_stop();
  CHECK_ERROR(bandwidth_sensitivity(testing::hard_problem(), query, {"s0", "s1", 1, 100},
                                    {stop.get_token()}),
              ErrorCode::interrupted, "time limit");
  CHECK_ERROR(slowdown_sensitivity(testing::hard_problem(), query, {"s0", 1, 100}, {{}, 1e-3}),
              ErrorCode::interrupted, "time limit");
}
