#include <algorithm>
#include <random>

#include "scission/search/analysis.hpp"
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

using Amounts = std::vector<double>;

// Five layers on a device, two edges and a cloud. Figures are small multiples of powers of two, so
// that amounts add up exactly and often coincide.
PartitionProblem random_front_problem(std::mt19937& random) {
  PartitionProblem problem;
  problem.model = "random";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"pc", "edge"}, {"nuc", "edge"}, {"vm", "cloud"}};
  for (int block = 0; block < 5; ++block) {
    problem.blocks.push_back({block, block, 1024LL * uniform(random, 0, 64)});
  }
  for (System& system : problem.systems) {
    system.power_w = uniform(random, 1, 8);
    system.price_per_hour = 3600.0 * uniform(random, 0, 8);
    problem.block_s.emplace_back();
    for (int block = 0; block < 5; ++block) {
      problem.block_s.back().push_back(uniform(random, 0, 16) / 16.0);
    }
  }
  for (int i = 0; i < 16; ++i) {
    Link link{125.0 * uniform(random, 0, 2), 1.048576 * (1 << uniform(random, 0, 3))};
    link.joules_per_byte = uniform(random, 0, 4) / 1024.0;
    link.price_per_byte = uniform(random, 0, 4) / 1024.0;
    problem.links.emplace_back(link);
  }
  return problem;
}

Query random_front_query(std::mt19937& random) {
  Query query;
  query.input_bytes = 1024.0 * uniform(random, 0, 64);
  if (uniform(random, 0, 2) == 0) query.route = Route::any_order;
  if (uniform(random, 0, 3) == 0) query.return_to = "device";
  if (uniform(random, 0, 3) == 0) query.max_stages = 2;
  if (uniform(random, 0, 3) == 0) query.constraints["edge"].criteria.is_used = true;
  if (uniform(random, 0, 3) == 0) query.limits.latency_s = uniform(random, 8, 40) / 16.0;
  if (uniform(random, 0, 3) == 0) query.limits.period_s = uniform(random, 8, 32) / 16.0;
  if (uniform(random, 0, 3) == 0) query.limits.traffic_bytes = 1024.0 * uniform(random, 16, 128);
  return query;
}

Amounts amounts_of(const PartitionProblem& problem, const Query& query, const Plan& plan,
                   const std::vector<Metric>& measures) {
  const PlanCost total = testing::added_up(problem, plan, query.input_bytes);
  Amounts amounts;
  for (const Metric measure : measures) amounts.push_back(testing::amount_of(measure, total));
  return amounts;
}

bool dominates(const Amounts& a, const Amounts& b) {
  return a != b && std::equal(a.begin(), a.end(), b.begin(), std::less_equal<>());
}

/// Of all plans the amounts that no other's are better than, each once, sorted.
std::vector<Amounts> expected_front(const PartitionProblem& problem, const Query& query,
                                    const std::vector<Metric>& measures) {
  std::vector<Amounts> all;
  for (const Plan& plan : testing::every_plan(problem, query)) {
    all.push_back(amounts_of(problem, query, plan, measures));
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<Amounts> front;
  for (const Amounts& one : all) {
    const auto is_better = [&](const Amounts& other) { return dominates(other, one); };
    if (std::none_of(all.begin(), all.end(), is_better)) front.push_back(one);
  }
  return front;
}

std::vector<Amounts> found_front(const PartitionProblem& problem, const Query& query,
                                 const std::vector<Metric>& measures) {
  const ParetoFront front = pareto_front(problem, query, measures);
  CHECK(front.is_complete);
  std::vector<Amounts> amounts;
  for (const Plan& plan : front.plans) {
    CHECK(testing::is_allowed(problem, query, plan));
    amounts.push_back(amounts_of(problem, query, plan, measures));
  }
  return amounts;
}

// Not those that are 0 without codecs, whose fronts have one point.
std::vector<Metric> some_measures(std::mt19937& random, std::size_t count) {
  std::vector<Metric> measures = {Metric::latency, Metric::period, Metric::traffic, Metric::energy,
                                  Metric::money};
  std::shuffle(measures.begin(), measures.end(), random);
  measures.resize(count);
  return measures;
}

// Two layers; on the device, on the device and the cloud, on the cloud: 4 s, 2.5 s, 2 s.
PartitionProblem two_layer_problem() {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 0, 500'000}, {1, 1, 4'000}};
  problem.block_s = {{1.5, 2.5}, {0.5, 0.5}};
  problem.links.assign(4, Link{0, 8});
  return problem;
}

}  // namespace

TEST_CASE("a front of two measures has exactly the trade-offs that brute force finds") {
  std::mt19937 random(1971);
  std::size_t points = 0;
  for (int instance = 0; instance < 250; ++instance) {
    const PartitionProblem problem = random_front_problem(random);
    const Query query = random_front_query(random);
    const std::vector<Metric> measures = some_measures(random, 2);
    INFO("instance " << instance << ": " << to_string(measures[0]) << ", "
                     << to_string(measures[1]));
    const std::vector<Amounts> expected = expected_front(problem, query, measures);
    REQUIRE(found_front(problem, query, measures) == expected);
    points += expected.size();
  }
  CHECK(points > 400);
}

TEST_CASE("a front of three measures has exactly the trade-offs that brute force finds") {
  std::mt19937 random(2015);
  std::size_t points = 0;
  for (int instance = 0; instance < 150; ++instance) {
    const PartitionProblem problem = random_front_problem(random);
    const Query query = random_front_query(random);
    const std::vector<Metric> measures = some_measures(random, 3);
    INFO("instance " << instance << ": " << to_string(measures[0]) << ", " << to_string(measures[1])
                     << ", " << to_string(measures[2]));
    const std::vector<Amounts> expected = expected_front(problem, query, measures);
    REQUIRE(found_front(problem, query, measures) == expected);
    points += expected.size();
  }
  CHECK(points > 400);
}

TEST_CASE("figures that are no sums of powers of two give the same front up to rounding") {
  std::mt19937 random(3);
  for (int instance = 0; instance < 30; ++instance) {
    PartitionProblem problem = random_front_problem(random);
    std::uniform_real_distribution<double> factor(0.1, 1.0);
    for (std::vector<double>& seconds : problem.block_s) {
      for (double& second : seconds) second = factor(random);
    }
    const Query query = random_front_query(random);
    const std::vector<Metric> measures{Metric::latency, Metric::energy, Metric::period};
    const std::vector<Amounts> expected = expected_front(problem, query, measures);
    const std::vector<Amounts> found = found_front(problem, query, measures);
    INFO("instance " << instance);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (std::size_t j = 0; j < measures.size(); ++j) {
        CHECK(found[i][j] == Approx(expected[i][j]).epsilon(1e-11));
      }
    }
  }
}

TEST_CASE("the front of a device and a cloud is the three ways there are") {
  const ParetoFront front =
      pareto_front(two_layer_problem(), query_for(1e6), {Metric::latency, Metric::traffic});
  CHECK(front.is_complete);
  CHECK(front.plans == std::vector<Plan>{Plan{0, {{1, 0, 1}}}, Plan{0, {{0, 0, 0}, {1, 1, 1}}},
                                         Plan{0, {{0, 0, 1}}}});
}

TEST_CASE("the first measure orders the front") {
  const ParetoFront front =
      pareto_front(two_layer_problem(), query_for(1e6), {Metric::traffic, Metric::latency});
  REQUIRE(front.plans.size() == 3);
  CHECK(front.plans.front() == Plan{0, {{0, 0, 1}}});
  CHECK(front.plans.back() == Plan{0, {{1, 0, 1}}});
}

TEST_CASE("of plans with equal amounts the front has the one with the fewest stages") {
  PartitionProblem problem = two_layer_problem();
  problem.block_s = {{0, 0}, {0, 0}};
  problem.blocks[0].output_bytes = 0;
  const ParetoFront front =
      pareto_front(problem, query_for(1e6), {Metric::latency, Metric::traffic});
  CHECK(front.plans == std::vector<Plan>{Plan{0, {{0, 0, 1}}}});
}

TEST_CASE("the query's own objective and number of results do not change the front") {
  Query query = query_for(1e6);
  const auto measures = {Metric::latency, Metric::traffic};
  const ParetoFront front = pareto_front(two_layer_problem(), query, measures);
  query.objective = single_objective(Metric::energy);
  query.result_count = 1;
  CHECK(pareto_front(two_layer_problem(), query, measures).plans == front.plans);
}

TEST_CASE("a front under constraints that nothing keeps is empty and complete") {
  Query query = query_for(1e6);
  query.limits.latency_s = 0.1;
  const ParetoFront front =
      pareto_front(two_layer_problem(), query, {Metric::latency, Metric::traffic});
  CHECK(front.plans.empty());
  CHECK(front.is_complete);
}

TEST_CASE("a front has two or three measures, each once") {
  const auto front = [](const std::vector<Metric>& measures) {
    return pareto_front(two_layer_problem(), query_for(1e6), measures);
  };
  const auto invalid = ErrorCode::invalid_argument;
  CHECK_ERROR(front({}), invalid, "two or three");
  CHECK_ERROR(front({Metric::latency}), invalid, "two or three");
  CHECK_ERROR(front({Metric::latency, Metric::traffic, Metric::latency}), invalid, "distinct");
  CHECK_ERROR(front({Metric::latency, Metric::traffic, Metric::period, Metric::money}), invalid,
              "two or three");
}

TEST_CASE("a front over a measure without its figures is refused as by the search") {
  CHECK_ERROR(pareto_front(two_layer_problem(), query_for(1e6), {Metric::latency, Metric::energy}),
              ErrorCode::invalid_argument, "power");
}

TEST_CASE("a front that was stopped is said to be incomplete") {
  Query query;
  query.route = Route::any_order;
  std::stop_source stop;
  stop.request_stop();
  const PartitionProblem problem = testing::hard_problem();
  const std::vector<Metric> measures{Metric::latency, Metric::traffic};
  CHECK_FALSE(pareto_front(problem, query, measures, {stop.get_token()}).is_complete);
  CHECK_FALSE(pareto_front(problem, query, measures, {{}, 1e-3}).is_complete);
}
