#include "scission/search/plan_io.hpp"
#include "support/catch.hpp"

using namespace scission;

namespace {

PartitionProblem two_systems() {
  PartitionProblem problem;
  problem.model = "net";
  problem.platforms = {"device", "cloud"};
  problem.systems = {{"pi", "device"}, {"vm", "cloud"}};
  problem.blocks = {{0, 1, 200'000}, {2, 4, 100'000}, {5, 5, 4'000}};
  problem.block_s = {{1, 2, 3}, {0.1, 0.2, 0.3}};
  problem.links = {std::nullopt, Link{100, 1.6}, Link{100, 1.6}, std::nullopt};
  return problem;
}

}  // namespace

TEST_CASE("a route is the stages in their order, the source first") {
  const PartitionProblem problem = two_systems();
  CHECK(format_route(problem, {0, {{0, 0, 0}, {1, 1, 1}, {0, 2, 2}}}) ==
        "Device(pi) = 0 - 1, Cloud(vm) = 2 - 4, Device(pi) = 5 - 5");
  CHECK(format_route(problem, {0, {{1, 0, 1}, {0, 2, 2}}}) ==
        "Device(pi) = -1 - -1, Cloud(vm) = 0 - 4, Device(pi) = 5 - 5");
}

TEST_CASE("a plan is shown as its query's route has it, with its destination") {
  const PartitionProblem problem = two_systems();
  Query query;
  const Plan plan{1, {{1, 0, 2}}, 0};
  CHECK(format_plan(problem, query, plan) ==
        "Device(None) = -1 - -1, Cloud(vm) = 0 - 5 → Device(pi)");
  query.route = Route::any_order;
  CHECK(format_plan(problem, query, plan) == "Cloud(vm) = 0 - 5 → Device(pi)");
}

TEST_CASE("a result line tells the amounts that the objective and the limits are about") {
  const PartitionProblem problem = two_systems();
  const Plan plan{0, {{0, 0, 1}, {1, 2, 2}}};
  const std::string layers = "Device(pi) = 0 - 4, Cloud(vm) = 5 - 5";
  Query query;
  CHECK(format_result_line(problem, query, plan, 1) == "[1] 3.9000s - 0.1000MB - " + layers);
  query.limits.period_s = 9;
  CHECK(format_result_line(problem, query, plan, 2) ==
        "[2] 3.9000s - 0.1000MB - period 3.00 s - " + layers);
  query.limits = {};
  query.objective = parse_objective("latency + 2 period");
  CHECK(format_result_line(problem, query, plan, 3) ==
        "[3] 3.9000s - 0.1000MB - period 3.00 s - objective 9.9 - " + layers);
}

TEST_CASE("a single measure's value has its unit, a weighted sum's has none") {
  CHECK(objective_name(single_objective(Metric::traffic)) == "traffic");
  CHECK(format_objective_value(single_objective(Metric::traffic), 2.5e6) ==
        format_metric(Metric::traffic, 2.5e6));
  Objective half;
  half.latency = 0.5;
  CHECK(format_objective_value(half, 1) == format_metric(Metric::latency, 2));
  half.period = 1;
  CHECK(objective_name(half) == "objective");
  CHECK(format_objective_value(half, 1.25) == "1.25");
}
