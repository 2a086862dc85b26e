// Questions that no search could answer.
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "scission/search/search.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/even_problem.hpp"

using namespace scission;
using testing::even_problem;

TEST_CASE("questions that cannot be meant are refused, by the name of what is wrong") {
  const PartitionProblem problem = even_problem(2, 6, 1);
  const ErrorCode invalid = ErrorCode::invalid_argument;
  const auto refuses = [&](auto change, ErrorCode code, const char* part) {
    Query query;
    query.route = Route::any_order;
    change(query);
    CHECK_ERROR(search(problem, query), code, part);
  };
  refuses([](Query& q) { q.route = Route::platform_order, q.can_revisit = true; }, invalid,
          "revisit");
  refuses([](Query& q) { q.max_stages = 0; }, invalid, "max_stages");
  refuses([](Query& q) { q.result_count = 0; }, invalid, "1 or more");
  refuses([](Query& q) { q.input_bytes = -1; }, invalid, "input");
  refuses([](Query& q) { q.input_bytes = not_a_number; }, invalid, "input");

  refuses([](Query& q) { q.sources = {"a", "moon"}; }, invalid, "moon");
  refuses([](Query& q) { q.sources = {"@a"}; }, invalid, "@a");  // a platform, not a system
  refuses([](Query& q) { q.sinks = {"moon"}; }, invalid, "moon");
  refuses([](Query& q) { q.return_to = "moon"; }, invalid, "moon");
  refuses([](Query& q) { q.constraints["moon"]; }, invalid, "moon");
  refuses([](Query& q) { q.keep_on = {{"moon", 0, 1}}; }, invalid, "moon");
  refuses([](Query& q) { q.constraints["a"].criteria.systems = {"b0"}; }, invalid, "b0");
  refuses([](Query& q) { q.constraints["a"].criteria.excluded_systems = {"moon"}; }, invalid,
          "moon");

  refuses([](Query& q) { q.constraints["a"].criteria.layers = {6}; }, ErrorCode::infeasible, "6");
  refuses([](Query& q) { q.constraints["a"].criteria.excluded_layers = {-1}; },
          ErrorCode::infeasible, "-1");
  refuses([](Query& q) { q.keep_on = {{"a", 2, 6}}; }, ErrorCode::infeasible, "6");
  refuses([](Query& q) { q.keep_on = {{"a", -1, 2}}; }, ErrorCode::infeasible, "-1");
  refuses([](Query& q) { q.keep_on = {{"a", 3, 2}}; }, invalid, "3");
}

TEST_CASE("limits and weights that are no numbers, or below 0, are refused") {
  const PartitionProblem problem = even_problem(2, 6, 1);
  for (const double wrong : {not_a_number, -1.0}) {
    std::vector<Query> queries(14);
    queries[0].limits.latency_s = wrong;
    queries[1].limits.period_s = wrong;
    queries[2].limits.traffic_bytes = wrong;
    queries[3].limits.energy_j = wrong;
    queries[4].limits.money = wrong;
    queries[5].constraints["a"].upload_bytes = wrong;
    queries[6].constraints["a"].memory_bytes = wrong;
    queries[7].constraints["a"].compute = TimeLimit{wrong, false};
    queries[8].constraints["a"].compute = TimeLimit{wrong, true};
    queries[9].objective.latency = wrong;
    queries[10].objective.period = wrong;
    queries[11].objective.traffic = wrong;
    queries[12].objective.energy = wrong;
    queries[13].objective.money = wrong;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      INFO("query " << i << ", " << wrong);
      CHECK_ERROR(search(problem, queries[i]), ErrorCode::invalid_argument, "");
    }
  }
  Query nothing;
  nothing.objective.latency = 0;
  CHECK_ERROR(search(problem, nothing), ErrorCode::invalid_argument, "weight");
}

TEST_CASE("problems whose parts do not fit each other are refused, by the name of the part") {
  const auto refuses = [](auto change, const char* part) {
    PartitionProblem problem = even_problem(2, 3, 1);
    change(problem);
    CHECK_ERROR(search(problem, Query()), ErrorCode::invalid_argument, part);
  };
  refuses([](PartitionProblem& p) { p.systems[3].platform = "moon"; }, "platform 'moon'");
  refuses([](PartitionProblem& p) { std::swap(p.systems[0], p.systems[3]); }, "grouped");
  refuses([](PartitionProblem& p) { p.blocks[1].first_layer = 2; }, "layers 2 to 1");
  refuses([](PartitionProblem& p) { p.blocks[1] = {2, 2, 0}; }, "do not follow layer 0");
  refuses([](PartitionProblem& p) { p.blocks[0] = {1, 1, 0}; }, "do not follow layer -1");
  refuses([](PartitionProblem& p) { p.blocks[2].output_bytes = -1; }, "0 bytes or more");
  refuses([](PartitionProblem& p) { p.block_s[1][2] = not_a_number; }, "block_s");
  refuses([](PartitionProblem& p) { p.exit_shares = {{7, 0.5}}; }, "layer 7 does not end a block");
  refuses([](PartitionProblem& p) { p.exit_shares = {{1, -0.5}}; }, "exit shares");
  refuses([](PartitionProblem& p) { p.exit_shares = {{1, not_a_number}}; }, "exit shares");
  refuses([](PartitionProblem& p) { p.exit_shares = {{1, 0.6}, {2, 0.6}}; }, "1 at most together");
}

TEST_CASE("links that are none are refused") {
  const auto refuses = [](const Link& link) {
    PartitionProblem problem = even_problem(2, 3, 1);
    problem.links[1] = link;
    CHECK_ERROR(search(problem, Query()), ErrorCode::invalid_argument, "a link needs");
    Planner planner(even_problem(2, 3, 1), Query());
    CHECK_ERROR(planner.set_link(0, 1, link), ErrorCode::invalid_argument, "a link needs");
  };
  refuses({-1, 8});
  refuses({0, 0});
  refuses({0, 1e-6});  // less than a byte a second, to which bandwidths are rounded
  refuses({0, not_a_number});
  refuses({0, infinity});
  refuses({.curve = {{1, 1}}});
  refuses({.curve = {{2, 1}, {1, 2}}});
  refuses({.curve = {{1, 2}, {2, 1}}});
  refuses({.curve = {{1, 1}, {2, not_a_number}}});
}

TEST_CASE("figures that a question needs and the problem lacks are asked for") {
  PartitionProblem problem = even_problem(2, 4, 1);
  const ErrorCode invalid = ErrorCode::invalid_argument;
  Query energy;
  energy.objective = single_objective(Metric::energy);
  CHECK_ERROR(search(problem, energy), invalid, "power");
  Query energy_limit;
  energy_limit.limits.energy_j = 1;
  CHECK_ERROR(search(problem, energy_limit), invalid, "power");
  Query money;
  money.objective.money = 1;
  CHECK_ERROR(search(problem, money), invalid, "price");
  Query money_limit;
  money_limit.limits.money = 1;
  CHECK_ERROR(search(problem, money_limit), invalid, "price");
  Query memory;
  memory.constraints["a"].memory_bytes = 1;
  CHECK_ERROR(search(problem, memory), invalid, "memory");
  for (System& system : problem.systems) system.power_w = 1;
  CHECK(search(problem, energy).plans.size() == 5);
  problem.systems[3].power_w.reset();
  CHECK_ERROR(search(problem, energy), invalid, "b1");
  problem.systems[3].memory_bytes = 1;
  CHECK_ERROR(search(problem, Query{}), invalid, "memory");
}

TEST_CASE(
    "the input does not move to another platform because the first has not measured the model") {
  PartitionProblem problem = even_problem(3, 4, 1);
  problem.platforms.insert(problem.platforms.begin(), "first");
  const ErrorCode invalid = ErrorCode::invalid_argument;
  CHECK_ERROR(search(problem, {}), invalid,
              "the input lies on first, of which there is no profile; measure one there");
  problem.unmeasured = {{"pi", "first"}};
  CHECK_ERROR(search(problem, {}), invalid, "profile first-pi has not measured 'even'");
  CHECK_ERROR(Planner(PartitionProblem(problem), {}), invalid, "scission-benchmark first pi");
  Query named;
  named.sources = {"a"};
  CHECK(search(problem, named).plans.size() == 5);
  named.sources = {"@pi"};
  CHECK_ERROR(search(problem, named), invalid, "profile first-pi has not measured 'even'");
  named.sources = {"first"};
  CHECK_ERROR(search(problem, named), invalid, "profile first-pi has not measured 'even'");
}

TEST_CASE(
    "among the first platform's systems, too, none is the source because it alone was measured") {
  PartitionProblem problem = even_problem(2, 4, 1);
  problem.unmeasured = {{"a2", "a"}};
  CHECK_ERROR(search(problem, {}), ErrorCode::invalid_argument, "profile a-a2 has not measured");
  Query named;
  named.sources = {"@a0"};
  CHECK(search(problem, named).plans.size() == 5);
  problem.unmeasured = {{"b2", "b"}};  // where the input does not lie
  CHECK(search(problem, {}).plans.size() == 5);
}
