#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "scission/base.hpp"
#include "scission/search/plan_io.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;

namespace {

PartitionProblem two_systems() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 200'000}, {2, 4, 100'000}, {5, 5, 4'000}};
  problem.block_s = {{1, 2, 3}, {0.1, 0.2, 0.3}};
  problem.links = {std::nullopt, Link{100, 1.6}, std::nullopt, std::nullopt};
  return problem;
}

const Plan split{0, {{0, 0, 1}, {1, 2, 2}}};
const Plan offloaded{0, {{1, 0, 2}}};

// The same with a link back, and with figures of systems and links: 1 W and 2 W, 36 and 72 an hour,
// 1 µJ and 2 µJ a byte, 1 and 2 a GB.
PartitionProblem with_figures() {
  PartitionProblem problem = two_systems();
  problem.systems[0].power_w = 1;
  problem.systems[1].power_w = 2;
  problem.systems[0].price_per_hour = 36;
  problem.systems[1].price_per_hour = 72;
  problem.links[2] = Link{50, 8};
  for (int i : {1, 2}) {
    problem.links[i]->joules_per_byte = i * 1e-6;
    problem.links[i]->price_per_byte = i * 1e-9;
  }
  problem.memory = {{100, 10}, {200, 40}, {300, 20}};
  return problem;
}

const Plan there_and_back{0, {{0, 0, 0}, {1, 1, 1}, {0, 2, 2}}};

}  // namespace

TEST_CASE("a plan's cost is its blocks, its hops and nothing else") {
  const PlanCost total = plan_cost(two_systems(), split, 150'000);
  CHECK(total.stage_s == std::vector<double>{3, 0.3});
  REQUIRE(total.hops.size() == 1);
  CHECK(total.hops[0].bytes == 100'000);
  CHECK(total.hops[0].seconds == Approx(0.6));
  CHECK(total.compute_s == Approx(3.3));
  CHECK(total.latency_s == Approx(3.9));
  CHECK(total.traffic_bytes == 100'000);
}

TEST_CASE("a coded hop costs encoding, the link with the coded bytes, and decoding") {
  PartitionProblem problem = with_figures();
  CodecCosts& codec = problem.codecs.emplace_back();
  codec.name = "int8";
  codec.bytes = {1, 50'000, 2, 3};
  codec.error = {9, 0.01, 9, 9};
  codec.disagreement = {9, 0.02, 9, 9};
  codec.encode_s = {{9, 0.25, 9, 9}, {9, 9, 9, 9}};
  codec.decode_s = {{9, 9, 9, 9}, {9, 0.5, 9, 9}};
  const Plan plan{0, {{0, 0, 0}, {1, 1, 2}}, {}, {Plan::raw, 0, Plan::raw}};
  const PlanCost total = plan_cost(problem, plan, 150'000);
  REQUIRE(total.hops.size() == 1);
  CHECK(total.hops[0].bytes == 50'000);
  CHECK(total.hops[0].codec == 0);
  CHECK(total.hops[0].encode_s == 0.25);
  CHECK(total.hops[0].decode_s == 0.5);
  CHECK(total.transfer_s == Approx(0.1 + 0.25));
  CHECK(total.coding_s == 0.75);
  CHECK(total.latency_s == Approx(1 + 0.5 + 0.35 + 0.75));
  CHECK(total.period_s == 1.25);  // of the sender, computing and encoding
  CHECK(total.traffic_bytes == 50'000);
  CHECK(total.error == 0.01);
  CHECK(total.disagreement == 0.02);
  CHECK(total.energy_j == Approx(1 + 0.25 + 2 * (0.5 + 0.5) + 0.05));
  CHECK(total.money == Approx(0.01 * 1.25 + 0.02 * 1 + 0.00005));
  const PlanTimeline timeline = timeline_of(problem, plan, 150'000);
  CHECK(timeline.coding_s == 0.75);
  CHECK(timeline.error == 0.01);
  REQUIRE(timeline.items.size() == 3);
  CHECK(timeline.items[1].codec == "int8");
  CHECK(timeline.items[1].seconds == Approx(0.35 + 0.75));
  CHECK(timeline.items[2].begin_s == Approx(1 + 0.35 + 0.75));
  CHECK(timeline.route() == "pi 0-1 → int8 → vm 2-5");
}

TEST_CASE("with exit shares coding costs by the share of requests, its error in full") {
  PartitionProblem problem = with_figures();
  problem.exit_shares = {{1, 0.5}};
  problem.codecs = {{"c",
                     {1, 50'000, 2, 3},
                     {0, 0.01, 0, 0},
                     {},
                     {{9, 0.25, 9, 9}, {9, 9, 9, 9}},
                     {{9, 9, 9, 9}, {9, 0.5, 9, 9}}}};
  const Plan plan{0, {{0, 0, 0}, {1, 1, 2}}, {}, {Plan::raw, 0, Plan::raw}};
  const PlanCost total = plan_cost(problem, plan, 150'000);
  CHECK(total.coding_s == 0.375);
  CHECK(total.error == 0.01);
  CHECK(timeline_of(problem, plan, 150'000).items[1].without_exit_s.value() == Approx(0.35 + 0.75));
}

TEST_CASE("a codec where it was not measured, and codecs of the wrong number, are refused") {
  PartitionProblem problem = with_figures();
  const std::vector<double> four(4, 0.5);
  problem.codecs = {{"c", {1, 1, 1, 1}, {}, {}, {four, four}, {four, four}}};
  problem.codecs[0].decode_s[1][1] = std::numeric_limits<double>::infinity();
  const Plan plan{0, {{0, 0, 0}, {1, 1, 2}}, {}, {Plan::raw, 0, Plan::raw}};
  CHECK_ERROR(plan_cost(problem, plan, 150'000), ErrorCode::mismatch, "codec c was not measured");
  const Plan short_of{0, {{0, 0, 0}, {1, 1, 2}}, {}, {Plan::raw}};
  CHECK_ERROR(plan_cost(problem, short_of, 150'000), ErrorCode::invalid_argument, "codecs must be");
}

TEST_CASE("a stage's setup time counts for latency, energy and money, and not for the period") {
  PartitionProblem problem = with_figures();
  problem.setup_s = {{0.5, 9, 9}, {9, 0.25, 9}};
  const Plan plan{0, {{0, 0, 0}, {1, 1, 2}}};
  const PlanCost total = plan_cost(problem, plan, 150'000);
  CHECK(total.stage_s == std::vector<double>{1, 0.5});
  CHECK(total.stage_setup_s == std::vector<double>{0.5, 0.25});
  CHECK(total.compute_s == 1.5);
  CHECK(total.setup_s == 0.75);
  CHECK(total.latency_s == Approx(1.5 + 0.75 + 1.1));
  CHECK(total.period_s == Approx(1));
  CHECK(total.energy_j == Approx(1.5 + 0.75 * 2 + 0.2));
  CHECK(total.money == Approx(1.5 * 0.01 + 0.75 * 0.02 + 0.0002));
  const PlanTimeline timeline = timeline_of(problem, plan, 150'000);
  CHECK(timeline.setup_s == 0.75);
  CHECK(timeline.items[0].seconds == 1.5);
  CHECK(timeline.items[0].setup_s == 0.5);
  problem.exit_shares = {{1, 0.5}};
  CHECK(plan_cost(problem, plan, 150'000).stage_setup_s[1] == 0.125);
}

// A quarter of the requests ends with the first block, half of them with the second one.
TEST_CASE("with exit shares every figure is the mean over all requests") {
  PartitionProblem problem = with_figures();
  problem.exit_shares = {{1, 0.25}, {4, 0.5}};
  const Plan plan{0, {{0, 0, 0}, {1, 1, 2}}};
  const PlanCost total = plan_cost(problem, plan, 150'000);
  CHECK(total.stage_s[0] == 1);
  CHECK(total.stage_s[1] == Approx(0.75 * 0.2 + 0.25 * 0.3));
  REQUIRE(total.hops.size() == 1);
  CHECK(total.hops[0].bytes == 200'000);
  CHECK(total.hops[0].share == 0.75);
  CHECK(total.hops[0].seconds == Approx(0.75 * (0.1 + 1)));
  CHECK(total.latency_s == Approx(1.225 + 0.825));
  CHECK(total.period_s == 1);
  CHECK(total.traffic_bytes == 150'000);
  CHECK(total.energy_j == Approx(1 + 0.225 * 2 + 0.15));
  CHECK(total.money == Approx(0.01 + 0.225 * 0.02 + 0.00015));
  const PlanTimeline timeline = timeline_of(problem, plan, 150'000);
  CHECK(timeline.is_mean());
  CHECK(timeline.items[1].seconds == Approx(0.825));
  CHECK(timeline.items[1].without_exit_s == Approx(1.1));
  CHECK(timeline.items[2].without_exit_s == Approx(0.5));
}

TEST_CASE("the busy time of a link is the mean, too") {
  PartitionProblem problem = two_systems();
  problem.exit_shares = {{1, 0.25}};
  problem.block_s = {{0.1, 0.1, 0.1}, {0.1, 0.1, 0.1}};
  CHECK(plan_cost(problem, {0, {{0, 0, 0}, {1, 1, 2}}}, 0).period_s == Approx(0.75));
}

TEST_CASE("early answers have no way to a destination, which is refused") {
  PartitionProblem problem = with_figures();
  problem.exit_shares = {{1, 0.25}};
  Plan plan = split;
  plan.destination = 0;
  CHECK_ERROR(plan_cost(problem, plan, 0), ErrorCode::invalid_argument, "leave out exit shares");
}

TEST_CASE("the input is shipped where the source runs no layer") {
  const PlanCost total = plan_cost(two_systems(), offloaded, 150'000);
  CHECK(total.traffic_bytes == 150'000);
  CHECK(total.latency_s == Approx(0.6 + 0.1 + 0.75));
}

TEST_CASE("a plan that leaves a gap, or needs a link that is not there, is refused") {
  const PartitionProblem problem = two_systems();
  CHECK_THROWS_AS(plan_cost(problem, Plan{0, {{0, 0, 0}, {1, 2, 2}}}, 0), Error);
  CHECK_THROWS_AS(plan_cost(problem, Plan{0, {{0, 0, 1}}}, 0), Error);
  CHECK_THROWS_AS(plan_cost(problem, Plan{0, {{2, 0, 2}}}, 0), Error);
  CHECK_THROWS_AS(plan_cost(problem, Plan{-1, {{0, 0, 2}}}, 0), Error);
  CHECK_THROWS_WITH(plan_cost(problem, Plan{0, {{1, 0, 0}, {0, 1, 2}}}, 0),
                    "plan for net: no link from vm to pi");
}

TEST_CASE("a result line is the original's, with None for a platform that is not used") {
  CHECK(format_result_line(two_systems(), {}, split, 1) ==
        "[1] 3.9000s - 0.1000MB - Device(pi) = 0 - 4, Edge(None) = -1 - -1, Cloud(vm) = 5 - 5");
  CHECK(format_result_line(two_systems(), {}, offloaded, 2) ==
        "[2] 1.4500s - 0.1500MB - Device(pi) = -1 - -1, Edge(None) = -1 - -1, Cloud(vm) = 0 - 5");
}

TEST_CASE("the JSON answer adds up") {
  const PartitionProblem problem = two_systems();
  Query query;
  const SearchResult result = search(problem, query);
  const auto json = nlohmann::json::parse(format_result_json(problem, query, result));
  CHECK(json["format"] == "scission-plans");
  REQUIRE(json["plans"].size() == result.plans.size());
  for (const auto& plan : json["plans"]) {
    double sum = 0;
    for (const auto& stage : plan["stages"]) {
      for (const auto& block : stage["blocks"]) sum += block["compute_s"].get<double>();
    }
    for (const auto& hop : plan["hops"]) sum += hop["transfer_s"].get<double>();
    CHECK(plan["latency_s"].get<double>() == Approx(sum));
  }
}

TEST_CASE("the output is sent from the last stage to the plan's destination") {
  Plan plan = split;
  plan.destination = 0;
  const PlanCost total = plan_cost(with_figures(), plan, 150'000);
  REQUIRE(total.hops.size() == 2);
  CHECK(total.hops[1].from == 1);
  CHECK(total.hops[1].to == 0);
  CHECK(total.hops[1].bytes == 4'000);
  CHECK(total.hops[1].seconds == Approx(0.05 + 0.004));
  CHECK(total.traffic_bytes == 104'000);
  CHECK(total.latency_s == Approx(3.9 + 0.054));
}

TEST_CASE("the output is not sent where the last stage already runs") {
  Plan plan = split;
  plan.destination = 1;
  CHECK(plan_cost(two_systems(), plan, 150'000).hops.size() == 1);
  const Plan at_home{0, {{0, 0, 2}}, 0};
  CHECK(plan_cost(two_systems(), at_home, 150'000).hops.empty());
}

TEST_CASE("a destination that no link leads to, or that is not there, is refused") {
  Plan plan = split;
  plan.destination = 0;
  CHECK_ERROR(plan_cost(two_systems(), plan, 0), ErrorCode::mismatch, "no link from vm to pi");
  plan.destination = 2;
  CHECK_ERROR(plan_cost(two_systems(), plan, 0), ErrorCode::invalid_argument,
              "there is no system 2");
}

TEST_CASE("the period is the busiest system's or link's time") {
  CHECK(plan_cost(two_systems(), split, 150'000).period_s == 3);
  PartitionProblem slow_link = two_systems();
  slow_link.links[1] = Link{4000, 0.2};
  CHECK(plan_cost(slow_link, split, 150'000).period_s == Approx(4));
}

TEST_CASE("what is on its way keeps no link busy") {
  PartitionProblem problem = two_systems();
  problem.links[1] = Link{60'000, 0.2};
  CHECK(plan_cost(problem, split, 150'000).period_s == Approx(4));
  problem.links[1]->curve = {{0, 60}, {100'000, 64.5}, {200'000, 80}};
  CHECK(plan_cost(problem, split, 150'000).period_s == Approx(4.5));
}

TEST_CASE("the period adds up what a system or a directed link does over several visits") {
  CHECK(plan_cost(with_figures(), there_and_back, 150'000).period_s == 4);
  PartitionProblem problem = with_figures();
  problem.block_s = {{1, 1, 1}, {1, 1, 1}};
  problem.links[1] = Link{800, 2};
  problem.links[2] = Link{1500, 8};
  const Plan twice{0, {{1, 0, 0}, {0, 1, 1}, {1, 2, 2}}};
  CHECK(plan_cost(problem, twice, 150'000).period_s == Approx(2));
  problem.block_s = {{0.1, 0.1, 0.1}, {0.1, 0.1, 0.1}};
  CHECK(plan_cost(problem, twice, 150'000).period_s == Approx((150'000 + 100'000) / 250'000.0));
  problem.links[2] = Link{1700, 0.4};  // the way back is another link's time
  CHECK(plan_cost(problem, twice, 150'000).period_s == Approx(4));
}

TEST_CASE("a plan's energy is its systems' power and its links' bytes") {
  const PlanCost total = plan_cost(with_figures(), there_and_back, 150'000);
  CHECK(total.energy_j == Approx(4 * 1 + 0.2 * 2 + 0.2 + 0.2));
}

TEST_CASE("a plan's money is its systems' hours and its links' bytes") {
  const PlanCost total = plan_cost(with_figures(), there_and_back, 150'000);
  CHECK(total.money == Approx(4 * 0.01 + 0.2 * 0.02 + 200'000 * 1e-9 + 100'000 * 2e-9));
}

TEST_CASE("energy and money include the output's way") {
  Plan plan{0, {{1, 0, 2}}, 0};
  const PlanCost total = plan_cost(with_figures(), plan, 150'000);
  CHECK(total.energy_j == Approx(0.6 * 2 + 0.15 + 4'000 * 2e-6));
  CHECK(total.money == Approx(0.6 * 0.02 + 150'000e-9 + 4'000 * 2e-9));
}

TEST_CASE("energy is unknown where a system that computes has no known power") {
  PartitionProblem problem = with_figures();
  problem.systems[0].power_w.reset();
  const PlanCost on_both = plan_cost(problem, split, 150'000);
  CHECK(std::isnan(on_both.energy_j));
  CHECK_FALSE(std::isnan(on_both.money));
  CHECK(plan_cost(problem, offloaded, 150'000).energy_j == Approx(0.6 * 2 + 0.15));
}

TEST_CASE("money is unknown where a system that computes has no known price") {
  PartitionProblem problem = with_figures();
  problem.systems[1].price_per_hour.reset();
  CHECK(std::isnan(plan_cost(problem, split, 150'000).money));
  CHECK(plan_cost(problem, Plan{0, {{0, 0, 2}}}, 150'000).money == Approx(0.06));
}

TEST_CASE("links cost nothing where none states a figure, and are unknown where another one does") {
  PartitionProblem problem = with_figures();
  problem.links[1]->joules_per_byte.reset();
  CHECK(std::isnan(plan_cost(problem, split, 150'000).energy_j));
  CHECK(plan_cost(problem, Plan{0, {{0, 0, 2}}}, 150'000).energy_j == 6);
  problem.links[2]->joules_per_byte.reset();
  CHECK(plan_cost(problem, split, 150'000).energy_j == Approx(3 + 0.6));
  CHECK_FALSE(std::isnan(plan_cost(problem, split, 150'000).money));
  problem.links[1]->price_per_byte.reset();
  CHECK(std::isnan(plan_cost(problem, split, 150'000).money));
}

TEST_CASE("without any figures energy and money are unknown") {
  const PlanCost total = plan_cost(two_systems(), split, 150'000);
  CHECK(std::isnan(total.energy_j));
  CHECK(std::isnan(total.money));
}

TEST_CASE("a system holds the weights of all its blocks and the most of their activations") {
  const PartitionProblem problem = with_figures();
  CHECK(plan_memory_bytes(problem, split, 0) == 100 + 200 + 40);
  CHECK(plan_memory_bytes(problem, split, 1) == 300 + 20);
  CHECK(plan_memory_bytes(problem, there_and_back, 0) == 100 + 300 + 20);
}

TEST_CASE("a system without a stage holds nothing") {
  CHECK(plan_memory_bytes(with_figures(), offloaded, 0) == 0);
}

TEST_CASE("memory is refused where no profile knows it, and for a system that is not there") {
  CHECK_ERROR(plan_memory_bytes(two_systems(), split, 0), ErrorCode::invalid_argument,
              "model net: no profile states the memory of the blocks");
  CHECK_ERROR(plan_memory_bytes(with_figures(), split, 2), ErrorCode::invalid_argument,
              "there is no system 2, of 2");
}
