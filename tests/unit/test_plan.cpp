#include <nlohmann/json.hpp>

#include "scission/error.hpp"
#include "scission/plan_io.hpp"
#include "support/catch.hpp"

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

}  // namespace

TEST_CASE("a plan's cost is its blocks, its hops and nothing else") {
  const PlanCost total = cost(two_systems(), split, 150'000);
  CHECK(total.stage_s == std::vector<double>{3, 0.3});
  REQUIRE(total.hops.size() == 1);
  CHECK(total.hops[0].bytes == 100'000);
  CHECK(total.hops[0].seconds == Approx(0.6));
  CHECK(total.compute_s == Approx(3.3));
  CHECK(total.latency_s == Approx(3.9));
  CHECK(total.traffic_bytes == 100'000);
}

TEST_CASE("the input is shipped where the source runs no layer") {
  const PlanCost total = cost(two_systems(), offloaded, 150'000);
  CHECK(total.traffic_bytes == 150'000);
  CHECK(total.latency_s == Approx(0.6 + 0.1 + 0.75));
}

TEST_CASE("a plan that leaves a gap, or needs a link that is not there, is refused") {
  const PartitionProblem problem = two_systems();
  CHECK_THROWS_AS(cost(problem, Plan{0, {{0, 0, 0}, {1, 2, 2}}}, 0), Error);
  CHECK_THROWS_AS(cost(problem, Plan{0, {{0, 0, 1}}}, 0), Error);
  CHECK_THROWS_AS(cost(problem, Plan{0, {{2, 0, 2}}}, 0), Error);
  CHECK_THROWS_AS(cost(problem, Plan{-1, {{0, 0, 2}}}, 0), Error);
  CHECK_THROWS_WITH(cost(problem, Plan{0, {{1, 0, 0}, {0, 1, 2}}}, 0),
                    "plan for net: no link from vm to pi");
}

TEST_CASE("a result line is the original's, with None for a platform that is not used") {
  CHECK(format_result_line(two_systems(), split, 150'000, 1) ==
        "[1] 3.9000s - 0.1000MB - Device(pi) = 0 - 4, Edge(None) = -1 - -1, Cloud(vm) = 5 - 5");
  CHECK(format_result_line(two_systems(), offloaded, 150'000, 2) ==
        "[2] 1.4500s - 0.1500MB - Device(pi) = -1 - -1, Edge(None) = -1 - -1, Cloud(vm) = 0 - 5");
}

TEST_CASE("the JSON answer adds up") {
  const PartitionProblem problem = two_systems();
  Query query;
  const Result result = search(problem, query);
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
