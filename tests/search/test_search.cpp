#include <algorithm>
#include <random>

#include "scission/base.hpp"
#include "scission/search/search.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/random_problem.hpp"

using namespace scission;

namespace {

constexpr double mbit_131072_bytes_per_s = 1.048576;

// Three blocks; a device, two edges, a cloud; every link 1/8 s and 128 KiB/s.
//
//   layers   0-1     2      3
//   bytes   ──▶ 64K ──▶ 32K ──▶ 4K
PartitionProblem three_block_problem() {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"box", "edge"}, {"hut", "edge"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 65536}, {2, 2, 32768}, {3, 3, 4096}};
  problem.block_s = {{1, 2, 4}, {0.5, 1, 2}, {0.5, 1, 2}, {0.125, 0.25, 0.5}};
  problem.links.assign(16, Link{125, mbit_131072_bytes_per_s});
  return problem;
}

std::string refusal(const PartitionProblem& problem, const Query& query, ErrorCode code) {
  const std::optional<Error> error = testing::error_of([&] { search(problem, query); });
  REQUIRE(error);
  CHECK(error->code() == code);
  return error->what();
}

}  // namespace

TEST_CASE("the search gives exactly the plans that brute force gives, in the same order") {
  std::mt19937 random(20200812);
  int answered = 0;
  for (int instance = 0; instance < 6000; ++instance) {
    const PartitionProblem problem = testing::random_problem(random);
    const Query query = testing::random_query(random, problem);
    std::vector<Plan> expected = testing::every_plan(problem, query);
    if (static_cast<int>(expected.size()) > query.result_count) {
      expected.resize(query.result_count);
    }
    INFO("instance " << instance);
    const SearchResult result = search(problem, query);
    REQUIRE(result.plans == expected);
    if (!expected.empty()) ++answered;
  }
  CHECK(answered > 2000);
}

TEST_CASE("all plans of a problem are found when enough are asked for, and none twice") {
  std::mt19937 random(7);
  for (int instance = 0; instance < 100; ++instance) {
    const PartitionProblem problem = testing::random_problem(random);
    Query query;
    query.input_bytes = 1024;
    query.result_count = 1'000'000;
    REQUIRE(search(problem, query).plans == testing::every_plan(problem, query));
  }
}

TEST_CASE("a link that costs an age does not blur the order of the others") {
  PartitionProblem problem = three_block_problem();
  problem.links[3 * 4 + 0] = Link{1e15, mbit_131072_bytes_per_s};
  problem.links[1 * 4 + 3] = Link{1e15, mbit_131072_bytes_per_s};
  for (std::vector<double>& seconds : problem.block_s) {
    for (double& second : seconds) second *= 0x1p-40;
  }
  Query query;
  query.input_bytes = 1024;
  query.result_count = 1000;
  REQUIRE(search(problem, query).plans == testing::every_plan(problem, query));
}

TEST_CASE("figures that are no sums of powers of two rank as brute force ranks them") {
  std::mt19937 random(11);
  for (int instance = 0; instance < 500; ++instance) {
    PartitionProblem problem = testing::random_problem(random);
    std::uniform_real_distribution<double> factor(0.1, 1.0);
    for (std::vector<double>& seconds : problem.block_s) {
      for (double& second : seconds) second *= factor(random);
    }
    for (std::optional<Link>& link : problem.links) {
      if (link) link->megabits_per_s *= factor(random);
    }
    const Query query = testing::random_query(random, problem);
    const std::vector<Plan> expected = testing::every_plan(problem, query);
    const std::vector<Plan> plans = search(problem, query).plans;
    REQUIRE(plans.size() ==
            std::min(expected.size(), static_cast<std::size_t>(query.result_count)));
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const double latency_s = plan_cost(problem, plans[i], query.input_bytes).latency_s;
      CHECK(latency_s ==
            Approx(plan_cost(problem, expected[i], query.input_bytes).latency_s).epsilon(1e-12));
    }
  }
}

TEST_CASE("a limit is kept by figures that add up to it in decimal") {
  PartitionProblem problem = three_block_problem();
  problem.block_s[0] = {0.1, 0.1, 0.1};
  Query query;
  query.constraints["device"].criteria = parse_criteria("0,3");
  query.constraints["device"].compute = TimeLimit{0.3, false};
  CHECK(search(problem, query).plans.size() == 1);
  query.constraints["device"].compute = TimeLimit{0.2999, false};
  CHECK(search(problem, query).plans.empty());
}

TEST_CASE("times too large to add up are refused") {
  PartitionProblem problem = three_block_problem();
  problem.block_s[0] = {1e308, 1e308, 1e308};
  CHECK(refusal(problem, Query{}, ErrorCode::invalid_argument) ==
        "model small: times or sizes are too large to add up");
}

TEST_CASE("plans of equal cost come by fewer stages, then by the smaller index first") {
  PartitionProblem problem = three_block_problem();
  for (std::vector<double>& seconds : problem.block_s) seconds.assign(3, 0.0);
  problem.links.assign(16, Link{0, mbit_131072_bytes_per_s});
  for (Block& block : problem.blocks) block.output_bytes = 0;
  Query query;
  query.input_bytes = 0;
  query.result_count = 7;
  const std::vector<Plan> plans = search(problem, query).plans;
  REQUIRE(plans.size() == 7);
  CHECK(plans[0] == Plan{0, {{0, 0, 2}}});
  CHECK(plans[1] == Plan{0, {{1, 0, 2}}});
  CHECK(plans[2] == Plan{0, {{2, 0, 2}}});
  CHECK(plans[3] == Plan{0, {{3, 0, 2}}});
  CHECK(plans[4] == Plan{0, {{0, 0, 0}, {1, 1, 2}}});
  CHECK(plans[5] == Plan{0, {{0, 0, 0}, {2, 1, 2}}});
  CHECK(plans[6] == Plan{0, {{0, 0, 0}, {3, 1, 2}}});
}

TEST_CASE(
    "a system that is named must be used, and one that is excluded leaves the platform free") {
  const PartitionProblem problem = three_block_problem();
  Query named;
  named.result_count = 100;
  named.constraints["edge"].criteria = parse_criteria("hut");
  const std::vector<Plan> on_hut = search(problem, named).plans;
  REQUIRE_FALSE(on_hut.empty());
  for (const Plan& plan : on_hut) {
    CHECK(std::any_of(plan.stages.begin(), plan.stages.end(),
                      [](const Stage& stage) { return stage.system == 2; }));
  }
  Query excluded;
  excluded.result_count = 100;
  excluded.constraints["edge"].criteria = parse_criteria("!hut");
  const std::vector<Plan> plans = search(problem, excluded).plans;
  CHECK(std::find(plans.begin(), plans.end(), Plan{0, {{3, 0, 2}}}) != plans.end());
  CHECK(std::find(plans.begin(), plans.end(), Plan{0, {{2, 0, 2}}}) == plans.end());
}

TEST_CASE("plans over a missing link are left out, and the link is named") {
  PartitionProblem problem = three_block_problem();
  problem.links[0 * 4 + 3].reset();
  Query query;
  query.result_count = 1000;
  const SearchResult result = search(problem, query);
  const std::vector<MissingLink> missing{{problem.systems[0].name, problem.systems[3].name}};
  CHECK(result.missing_links == missing);
  for (const Plan& plan : result.plans) {
    CHECK_FALSE((plan.stages.size() == 1 && plan.stages[0].system == 3));
  }
  query.constraints["cloud"].criteria = parse_criteria("-1");
  CHECK(search(problem, query).missing_links.empty());
}

TEST_CASE("a missing link on which an output would return is named") {
  PartitionProblem problem = three_block_problem();
  problem.links[3 * 4 + 0].reset();
  Query query;
  CHECK(search(problem, query).missing_links.empty());
  query.return_to = "device";
  const std::vector<MissingLink> missing{{problem.systems[3].name, problem.systems[0].name}};
  CHECK(search(problem, query).missing_links == missing);
}

TEST_CASE("constraints that cannot hold together leave no plan") {
  const PartitionProblem problem = three_block_problem();
  Query query;
  query.constraints["device"].criteria = parse_criteria("3");
  query.constraints["cloud"].criteria = parse_criteria("!-1");
  CHECK(search(problem, query).plans.empty());
}

TEST_CASE("a share limit is held against the plan's whole compute time") {
  const PartitionProblem problem = three_block_problem();
  Query query;
  query.result_count = 1000;
  query.constraints["device"].criteria = parse_criteria("!-1");
  query.constraints["device"].compute = TimeLimit{0.5, true};
  const SearchResult result = search(problem, query);
  REQUIRE_FALSE(result.plans.empty());
  for (const Plan& plan : result.plans) {
    const PlanCost total = plan_cost(problem, plan, query.input_bytes);
    CHECK(total.stage_s.front() <= 0.5 * total.compute_s);
  }
}

TEST_CASE("what the problem does not have is refused by name") {
  const PartitionProblem problem = three_block_problem();
  Query layer;
  layer.constraints["edge"].criteria = parse_criteria("4");
  CHECK(refusal(problem, layer, ErrorCode::infeasible) ==
        "constraints on edge: layer 4 is out of range; the layers are 0 to 3");
  Query system;
  system.constraints["edge"].criteria = parse_criteria("vm");
  CHECK(refusal(problem, system, ErrorCode::invalid_argument) ==
        "constraints on edge: no system 'vm'; choose from: box, hut");
  Query platform;
  platform.constraints["fog"];
  CHECK(
      refusal(problem, platform, ErrorCode::invalid_argument) ==
      "constraints on fog: no platform or system 'fog'; choose from: device, edge, cloud, pi, box, "
      "hut, vm");
  Query count;
  count.result_count = 0;
  CHECK(refusal(problem, count, ErrorCode::invalid_argument) ==
        "query: the number of results must be 1 or more");
}

TEST_CASE("ten thousand blocks on twenty systems are no trouble") {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> seconds(0, 1e-3);
  PartitionProblem problem;
  problem.model = "long";
  problem.platforms = {"a", "b", "c", "d"};
  for (int system = 0; system < 20; ++system) {
    const std::string platform(1, static_cast<char>('a' + system / 5));
    problem.systems.push_back({platform + std::to_string(system), platform});
    problem.block_s.emplace_back();
    for (int block = 0; block < 10'000; ++block) problem.block_s.back().push_back(seconds(random));
  }
  for (int block = 0; block < 10'000; ++block) problem.blocks.push_back({block, block, 1000});
  problem.links.assign(400, Link{1, 100});
  Query query;
  query.result_count = 100;
  const SearchResult result = search(problem, query);
  REQUIRE(result.plans.size() == 100);
  double previous = 0;
  for (const Plan& plan : result.plans) {
    const double latency = plan_cost(problem, plan, query.input_bytes).latency_s;
    CHECK(latency >= previous * (1 - 1e-12));
    previous = latency;
  }
}
