#include <cmath>
#include <map>
#include <string>

#include "scission/search/plan_io.hpp"
#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"

using namespace scission;
using scission::testing::two_systems;

TEST_CASE("a route is the stages in their order, the source first") {
  const PartitionProblem problem = two_systems();
  CHECK(format_stages(problem, {0, {{0, 0, 0}, {1, 1, 1}, {0, 2, 2}}}) ==
        "Device(pi) = 0 - 1, Cloud(vm) = 2 - 4, Device(pi) = 5 - 5");
  CHECK(format_stages(problem, {0, {{1, 0, 1}, {0, 2, 2}}}) ==
        "Device(pi) = -1 - -1, Cloud(vm) = 0 - 4, Device(pi) = 5 - 5");
}

TEST_CASE("a plan says which of the sizes that it counts depend on data") {
  PartitionProblem problem = two_systems();
  const Plan plan{0, {{0, 0, 1}, {1, 2, 2}}};
  CHECK(format_sizes_seen(problem, plan).empty());
  problem.blocks[0].bytes_seen = ByteRange{1, 2};
  CHECK(format_sizes_seen(problem, plan).empty());
  problem.blocks[1].output_bytes = 30'000;
  problem.blocks[1].bytes_seen = ByteRange{12'000, 48'000};
  CHECK(format_sizes_seen(problem, plan) ==
        "after layer 4 12.0–48.0 kB, depends on the data, of which the plan counts 30.0 kB");
  problem.blocks[1].bytes_seen = ByteRange{30'000, 30'000};
  CHECK(format_sizes_seen(problem, plan) ==
        "after layer 4 30.0 kB, may depend on the data, of which the plan counts 30.0 kB");
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

namespace {

// An answer with every part that the format has.
QueryAnswer full_answer(const PartitionProblem& problem, const Query& query) {
  QueryAnswer answer{search(problem, query)};
  answer.result.missing_links = {{"vm", "pi"}};
  answer.pareto = ParetoAnswer{{Metric::latency, Metric::traffic},
                               pareto_front(problem, query, {Metric::latency, Metric::traffic})};
  Query latency;
  answer.sensitivity.push_back(
      {"pi", "vm", 1.6, bandwidth_sensitivity(problem, latency, {"pi", "vm", 0.1, 100})});
  answer.sensitivity.push_back(
      {"pi", std::nullopt, 1, slowdown_sensitivity(problem, latency, {"pi", 0.1, 100})});
  answer.infeasibility = Infeasibility{
      {"latency at most 1 s", "something on cloud"},
      {{"latency at most 1 s", true, 1.5, "latency at most 1.5 s"}, {"something on cloud"}}};
  return answer;
}

void check_plans(const std::vector<PlanTimeline>& stored, const PartitionProblem& problem,
                 const std::vector<Plan>& plans, double input_bytes) {
  REQUIRE(stored.size() == plans.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    CHECK(stored[i] == timeline_of(problem, plans[i], input_bytes));
  }
}

void check_ranges(const std::vector<StoredRange>& stored, const PartitionProblem& problem,
                  const std::vector<SensitivityRange>& ranges) {
  REQUIRE(stored.size() == ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    CHECK(stored[i].low == ranges[i].low);
    CHECK(stored[i].high == ranges[i].high);
    CHECK(stored[i].value_at_low == ranges[i].value_at_low);
    CHECK(stored[i].value_at_high == ranges[i].value_at_high);
    const Plan& plan = ranges[i].plan;
    CHECK(stored[i].plan == PlanOutline{problem.systems[plan.source].name, std::nullopt,
                                        placements_of(problem, plan)});
  }
}

}  // namespace

TEST_CASE("an answer reads back as it was written: the query's parts, plans and costs") {
  PartitionProblem problem = two_systems();
  problem.systems[1].pause_s = 0.05;
  Query query;
  query.input_bytes = 120'000;
  query.route = Route::any_order;
  query.objective = parse_objective("latency + 0.5 period");
  query.return_to = "device";
  const QueryAnswer answer = full_answer(problem, query);
  REQUIRE(answer.result.plans.size() >= 3);

  const StoredAnswer stored =
      parse_answer_json(format_answer_json(problem, query, answer), "answer.json");
  CHECK(stored.model == "net");
  CHECK(stored.query.input_bytes == query.input_bytes);
  CHECK(stored.query.route == query.route);
  CHECK(stored.query.objective == query.objective);
  CHECK(stored.is_optimal);
  CHECK(stored.proven_count == answer.result.proven_count);
  CHECK(stored.bound == answer.result.bound);
  CHECK(stored.relative_gap == 0);
  CHECK(stored.pauses_s == std::map<std::string, double>{{"pi", 0}, {"vm", 0.05}});
  CHECK(stored.missing_links == answer.result.missing_links);
  check_plans(stored.plans, problem, answer.result.plans, query.input_bytes);

  REQUIRE(stored.pareto);
  CHECK(stored.pareto->metrics == answer.pareto->metrics);
  CHECK(stored.pareto->is_complete);
  check_plans(stored.pareto->plans, problem, answer.pareto->front.plans, query.input_bytes);

  REQUIRE(stored.sensitivity.size() == 2);
  CHECK(stored.sensitivity[0].to == "vm");
  CHECK_FALSE(stored.sensitivity[1].to);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(stored.sensitivity[i].from == "pi");
    CHECK(stored.sensitivity[i].present_value == answer.sensitivity[i].present_value);
    check_ranges(stored.sensitivity[i].ranges, problem, answer.sensitivity[i].ranges);
  }

  REQUIRE(stored.infeasibility);
  CHECK(stored.infeasibility->irreducible_subset == answer.infeasibility->irreducible_subset);
  REQUIRE(stored.infeasibility->relaxations.size() == 2);
  CHECK(stored.infeasibility->relaxations[0].is_sufficient);
  CHECK(stored.infeasibility->relaxations[0].nearest_limit == 1.5);
  CHECK(stored.infeasibility->relaxations[0].nearest_text == "latency at most 1.5 s");
  CHECK_FALSE(stored.infeasibility->relaxations[1].is_sufficient);
  CHECK_FALSE(stored.infeasibility->relaxations[1].nearest_limit);
}

TEST_CASE("exit shares, and times without exits, read back as they were written") {
  PartitionProblem problem = two_systems();
  problem.exit_shares = {{1, 0.25}, {4, 0.5}};
  Query query;
  const SearchResult result = search(problem, query);
  const std::string json = format_result_json(problem, query, result);
  const StoredAnswer stored = parse_answer_json(json, "answer.json");
  CHECK(stored.exit_shares == problem.exit_shares);
  check_plans(stored.plans, problem, result.plans, query.input_bytes);
  CHECK(std::all_of(stored.plans.begin(), stored.plans.end(),
                    [](const PlanTimeline& plan) { return plan.is_mean(); }));
  CHECK(format_exit_shares(stored.exit_shares) ==
        "25 % of the requests end at layer 1, 50 % at layer 4");
}

TEST_CASE("setup times read back as they were written") {
  PartitionProblem problem = two_systems();
  problem.setup_s = {{0.5, 0.25, 0.125}, {0.5, 0.25, 0.125}};
  Query query;
  const SearchResult result = search(problem, query);
  const StoredAnswer stored =
      parse_answer_json(format_result_json(problem, query, result), "answer.json");
  check_plans(stored.plans, problem, result.plans, query.input_bytes);
  CHECK(stored.plans.front().setup_s > 0);
}

TEST_CASE("the corrections that times contain read back as they were written") {
  PartitionProblem problem = two_systems();
  const Query query;
  CHECK(parse_answer_json(format_result_json(problem, query, search(problem, query)), "a.json")
            .corrections.empty());
  apply_corrections({problem.model, {{problem.systems[1].name, 1.25, 0.01, 3}}}, problem);
  const SearchResult result = search(problem, query);
  const StoredAnswer stored =
      parse_answer_json(format_result_json(problem, query, result), "a.json");
  CHECK(stored.corrections == problem.corrections);
  check_plans(stored.plans, problem, result.plans, query.input_bytes);
}

TEST_CASE("a plan with an unknown energy reads back as one; an answer without plans has no gap") {
  const PartitionProblem problem = two_systems();
  Query query;
  query.constraints["device"].criteria = parse_criteria("-1");
  query.constraints["cloud"].criteria = parse_criteria("-1");
  const StoredAnswer empty =
      parse_answer_json(format_result_json(problem, query, search(problem, query)), "answer.json");
  CHECK(empty.plans.empty());
  CHECK(std::isinf(empty.bound));
  CHECK_FALSE(empty.relative_gap);

  const SearchResult result = search(problem, Query{});
  const StoredAnswer stored =
      parse_answer_json(format_result_json(problem, Query{}, result), "answer.json");
  REQUIRE_FALSE(stored.plans.empty());
  CHECK_FALSE(stored.plans[0].energy_j);
  check_plans(stored.plans, problem, result.plans, Query{}.input_bytes);
}

TEST_CASE("an answer with the fields of the first release alone is read; a wrong field is named") {
  const auto parse = [](const std::string& more) {
    return parse_answer_json(R"({"format": "scission-plans", "version": 1, "model": "net",
                                 "input_bytes": 5, "plans": [])" +
                                 more + "}",
                             "answer.json");
  };
  CHECK(parse("").query.route == Route::platform_order);
  CHECK(parse("").query.objective == Objective{});
  const auto damaged = ErrorCode::damaged;
  CHECK_ERROR(parse(R"(, "route": "any")"), damaged, "route: is not a route");
  CHECK_ERROR(parse(R"(, "is_optimal": 1)"), damaged, "is_optimal");
  CHECK_ERROR(parse(R"(, "pareto": {"is_complete": true, "measures": ["speed"], "plans": []})"),
              damaged, "pareto.measures[0]: is not a metric");
  CHECK_ERROR(parse(R"(, "sensitivity": [{"of": "bandwidth", "from": "pi"}])"), damaged,
              "sensitivity[0]");
}

TEST_CASE("a single metric's value has its unit, a weighted sum's has none") {
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
