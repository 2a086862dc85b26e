#include <algorithm>
#include <random>

#include "scission/search/analysis.hpp"
#include "scission/search/plan_io.hpp"
#include "search/query_for.hpp"
#include "search/relaxable_constraints.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/hard_problem.hpp"
#include "support/random_numbers.hpp"

using namespace scission;
using testing::chance;
using testing::query_for;
using testing::uniform;

namespace {

// Four layers, each a block; a device, two edges, a cloud; every link 10 ms and 1 MB/s.
//
//   bytes into      100 kB  400 kB  300 kB  200 kB   out 10 kB
//   pi (device)       1 s     1 s     1 s     1 s
//   pc, nuc (edge)   0.5 s   0.5 s   0.5 s   0.5 s
//   vm (cloud)       0.1 s   0.1 s   0.1 s   0.1 s
PartitionProblem four_layer_problem() {
  PartitionProblem problem;
  problem.model = "small";
  problem.platforms = {"device", "edge", "cloud"};
  problem.systems = {{"pi", "device"}, {"pc", "edge"}, {"nuc", "edge"}, {"vm", "cloud"}};
  problem.blocks = {{0, 0, 400'000}, {1, 1, 300'000}, {2, 2, 200'000}, {3, 3, 10'000}};
  problem.block_s = {
      {1, 1, 1, 1}, {0.5, 0.5, 0.5, 0.5}, {0.5, 0.5, 0.5, 0.5}, {0.1, 0.1, 0.1, 0.1}};
  Link link{10, 8};
  link.joules_per_byte = 1e-6;
  link.price_per_byte = 1e-9;
  problem.links.assign(16, link);
  problem.memory.assign(4, {1e9, 1e8});
  for (System& system : problem.systems) {
    system.power_w = 10;
    system.price_per_hour = 0.36;
  }
  return problem;
}

const Relaxation& remedy_of(const Infeasibility& result, const std::string& constraint) {
  const auto found =
      std::find_if(result.relaxations.begin(), result.relaxations.end(),
                   [&](const Relaxation& one) { return one.constraint == constraint; });
  INFO("wanted: " << constraint);
  REQUIRE(found != result.relaxations.end());
  return *found;
}

std::vector<std::string> texts(const PartitionProblem& problem, const Query& query) {
  std::vector<std::string> list;
  for (const RelaxableConstraint& atom : list_constraints({problem, query})) {
    list.push_back(atom.full_text());
  }
  return list;
}

/// A query with one of every constraint, and a system with its own memory limit.
SearchInstance with_everything() {
  SearchInstance question{four_layer_problem(), query_for(100'000)};
  question.problem.systems[2].memory_bytes = 1e9;
  Query& query = question.query;
  query.sources = {"device"};
  query.sinks = {"cloud", "pc"};
  query.return_to = "device";
  query.max_stages = 2;
  Constraints& edge = query.constraints["edge"];
  edge.criteria = {{1}, {3}, true, {"pc", "nuc"}, {"nuc"}};
  edge.upload_bytes = 300'000;
  edge.compute = TimeLimit{0.2, true};
  edge.memory_bytes = 1.5e9;
  query.constraints["@vm"].compute = TimeLimit{0.8, false};
  query.constraints["cloud"].criteria.is_used = false;
  query.keep_on = {{"device", 0, 2}, {"cloud", 3, 3}};
  query.limits = {2, 0.5, 1e6, 12.5, 0.0015, 0.01, 0.02};
  return question;
}

// --- Random questions, answered by brute force ---

std::string any_name(std::mt19937& random) {
  const std::vector<std::string> names{"device", "edge", "cloud", "pi", "pc", "@nuc", "vm"};
  return names[uniform(random, 0, 6)];
}

void constrain(std::mt19937& random, Constraints& constraints) {
  if (chance(random, 0.3)) constraints.criteria.layers.push_back(uniform(random, 0, 3));
  if (chance(random, 0.3)) constraints.criteria.excluded_layers.push_back(uniform(random, 0, 3));
  if (chance(random, 0.3)) constraints.criteria.is_used = chance(random, 0.6);
  if (chance(random, 0.3)) constraints.upload_bytes = 1e5 * uniform(random, 0, 4);
  if (chance(random, 0.3)) constraints.memory_bytes = 1e9 * uniform(random, 0, 3);
  if (chance(random, 0.3)) {
    const bool is_share = chance(random, 0.5);
    constraints.compute = TimeLimit{uniform(random, 0, 8) / (is_share ? 10.0 : 4.0), is_share};
  }
}

SearchInstance random_question(std::mt19937& random) {
  SearchInstance question{four_layer_problem(), query_for(100'000)};
  for (std::vector<double>& seconds : question.problem.block_s) {
    for (double& second : seconds) second *= 1 + uniform(random, 0, 3) / 8.0;
  }
  Query& query = question.query;
  if (chance(random, 0.5)) query.route = Route::any_order;
  if (chance(random, 0.3)) query.max_stages = uniform(random, 1, 2);
  if (chance(random, 0.3)) query.sources = {any_name(random)};
  if (chance(random, 0.3)) query.sinks = {any_name(random)};
  if (chance(random, 0.3)) query.return_to = any_name(random);
  for (int i = uniform(random, 1, 3); i > 0; --i) {
    constrain(random, query.constraints[any_name(random)]);
  }
  if (chance(random, 0.3)) query.keep_on.push_back({any_name(random), 0, uniform(random, 0, 1)});
  if (chance(random, 0.3)) query.limits.latency_s = uniform(random, 1, 12) / 4.0;
  if (chance(random, 0.2)) query.limits.period_s = uniform(random, 1, 12) / 8.0;
  if (chance(random, 0.3)) query.limits.traffic_bytes = 1e5 * uniform(random, 0, 4);
  if (chance(random, 0.2)) query.limits.energy_j = uniform(random, 1, 40);
  if (chance(random, 0.2)) query.limits.money = 1e-4 * uniform(random, 1, 5);
  if (chance(random, 0.3)) question.problem.systems[3].memory_bytes = 1e9 * uniform(random, 0, 4);
  return question;
}

std::vector<Plan> every_plan(const SearchInstance& question) {
  return testing::every_plan(question.problem, question.query);
}

/// The question with those of its constraints for which `is_kept` of their index holds.
template <typename IsKept>
SearchInstance only_with(const SearchInstance& question, IsKept is_kept) {
  SearchInstance fewer = without_constraints(question);
  const std::vector<RelaxableConstraint> constraints = list_constraints(question);
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    if (is_kept(i)) constraints[i].put_into(fewer);
  }
  return fewer;
}

void check_conflict(const SearchInstance& question, const Infeasibility& result) {
  std::vector<std::size_t> conflict;
  const std::vector<RelaxableConstraint> constraints = list_constraints(question);
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const auto& named = result.irreducible_subset;
    if (std::find(named.begin(), named.end(), constraints[i].full_text()) != named.end()) {
      conflict.push_back(i);
    }
  }
  REQUIRE(conflict.size() == result.irreducible_subset.size());
  const auto in_conflict = [&](std::size_t i) {
    return std::find(conflict.begin(), conflict.end(), i) != conflict.end();
  };
  CHECK(every_plan(only_with(question, in_conflict)).empty());
  for (const std::size_t left_out : conflict) {
    const auto kept = [&](std::size_t i) { return in_conflict(i) && i != left_out; };
    CHECK_FALSE(every_plan(only_with(question, kept)).empty());
  }
}

double least_need(const ConstraintLimit& limit, const SearchInstance& question,
                  const std::vector<Plan>& plans) {
  double least = limit.need(question, plans.front());
  for (const Plan& plan : plans) least = std::min(least, limit.need(question, plan));
  return least;
}

void check_remedies(const SearchInstance& question, const Infeasibility& result) {
  const std::vector<RelaxableConstraint> constraints = list_constraints(question);
  REQUIRE(result.relaxations.size() == constraints.size());
  for (std::size_t i = 0; i < constraints.size(); ++i) {
    const Relaxation& relaxation = result.relaxations[i];
    INFO("relaxation: " << relaxation.constraint << ", " << relaxation.nearest_text);
    const SearchInstance others =
        only_with(question, [&](std::size_t other) { return other != i; });
    const std::vector<Plan> plans = every_plan(others);
    CHECK(relaxation.is_sufficient == !plans.empty());
    CHECK(relaxation.nearest_limit.has_value() ==
          (relaxation.is_sufficient && constraints[i].limit.has_value()));
    if (!relaxation.nearest_limit) continue;
    CHECK(*relaxation.nearest_limit ==
          Approx(least_need(*constraints[i].limit, others, plans)).epsilon(1e-9));
    SearchInstance eased = others;
    constraints[i].limit->add(eased, *relaxation.nearest_limit);
    CHECK_FALSE(every_plan(eased).empty());
    SearchInstance less = others;
    const bool is_whole = constraints[i].limit->unit == LimitUnit::stages;
    constraints[i].limit->add(
        less, is_whole ? *relaxation.nearest_limit - 1 : *relaxation.nearest_limit * (1 - 1e-8));
    if (!is_whole || *relaxation.nearest_limit > 1) CHECK(every_plan(less).empty());
  }
}

}  // namespace

TEST_CASE("every constraint is said in one voice, in the query's order") {
  const SearchInstance question = with_everything();
  CHECK(texts(question.problem, question.query) ==
        std::vector<std::string>{"at most 2 stages",
                                 "the input on device",
                                 "the last layer on cloud or pc",
                                 "the output back on device",
                                 "@vm computes at most 0.8 s",
                                 "nothing on cloud",
                                 "layer 1 on edge",
                                 "layer 3 not on edge",
                                 "something on edge",
                                 "edge uses pc or nuc",
                                 "edge does not use nuc",
                                 "edge uploads at most 300 kB",
                                 "edge computes at most 20 % of the compute time",
                                 "memory of edge at most 1.5 GB",
                                 "layers 0 to 2 stay on device",
                                 "layer 3 stays on cloud",
                                 "latency at most 2 s",
                                 "period at most 0.5 s",
                                 "traffic at most 1 MB",
                                 "energy at most 12.5 J",
                                 "money at most 0.0015",
                                 "error at most 1 %",
                                 "disagreement at most 2 %",
                                 "memory of nuc at most 1 GB (its own)"});
}

TEST_CASE("all constraints together are the question again") {
  const SearchInstance question = with_everything();
  const SearchInstance again = only_with(question, [](std::size_t) { return true; });
  CHECK(again.query.sources == question.query.sources);
  CHECK(again.query.sinks == question.query.sinks);
  CHECK(again.query.return_to == question.query.return_to);
  CHECK(again.query.max_stages == question.query.max_stages);
  CHECK(again.query.constraints == question.query.constraints);
  CHECK(again.query.keep_on == question.query.keep_on);
  CHECK(again.query.limits == question.query.limits);
  CHECK(again.problem.systems == question.problem.systems);
}

TEST_CASE("without its constraints a question has none left") {
  const SearchInstance bare = without_constraints(with_everything());
  CHECK(list_constraints(bare).size() == 1);
  CHECK(texts(bare.problem, bare.query).front() == "the input on @pi or @pc or @nuc or @vm");
}

TEST_CASE("conflicts and remedies are those that brute force finds") {
  std::mt19937 random(20240229);
  int explained = 0;
  int nearest_found = 0;
  for (int instance = 0; instance < 1200; ++instance) {
    const SearchInstance question = random_question(random);
    if (!every_plan(question).empty()) continue;
    INFO("instance " << instance);
    const Infeasibility result = explain_infeasibility(question.problem, question.query);
    REQUIRE_FALSE(result.irreducible_subset.empty());
    check_conflict(question, result);
    check_remedies(question, result);
    ++explained;
    for (const Relaxation& relaxation : result.relaxations)
      nearest_found += relaxation.nearest_limit ? 1 : 0;
  }
  CHECK(explained > 100);
  CHECK(nearest_found > 50);
}

TEST_CASE("an upload limit that is too low is named with the least that would do") {
  Query query = query_for(100'000);
  query.constraints["edge"].criteria = parse_criteria("2");
  query.constraints["edge"].upload_bytes = 150'000;
  query.sinks = {"cloud"};
  const Infeasibility result = explain_infeasibility(four_layer_problem(), query);
  CHECK(result.irreducible_subset == std::vector<std::string>{"the last layer on cloud",
                                                              "layer 2 on edge",
                                                              "edge uploads at most 150 kB"});
  const Relaxation upload = remedy_of(result, "edge uploads at most 150 kB");
  CHECK(upload.is_sufficient);
  CHECK(upload.nearest_limit == 200'000);
  CHECK(upload.nearest_text == "edge uploads at most 200 kB");
  CHECK(remedy_of(result, "the last layer on cloud").is_sufficient);
  CHECK_FALSE(remedy_of(result, "the last layer on cloud").nearest_limit);
}

TEST_CASE("what has no part in the conflict is listed as no remedy") {
  Query query = query_for(100'000);
  query.constraints["edge"].criteria = parse_criteria("-1,2");
  query.limits.latency_s = 100;
  const Infeasibility result = explain_infeasibility(four_layer_problem(), query);
  CHECK(result.irreducible_subset ==
        std::vector<std::string>{"layer 2 on edge", "nothing on edge"});
  CHECK_FALSE(remedy_of(result, "latency at most 100 s").is_sufficient);
}

TEST_CASE("of two conflicts one is named, and no single constraint suffices") {
  Query query = query_for(100'000);
  query.constraints["edge"].criteria = parse_criteria("-1,2");
  query.constraints["cloud"].criteria = parse_criteria("-1,3");
  const Infeasibility result = explain_infeasibility(four_layer_problem(), query);
  CHECK(result.irreducible_subset.size() == 2);
  CHECK(result.relaxations.size() == 4);
  for (const Relaxation& relaxation : result.relaxations) CHECK_FALSE(relaxation.is_sufficient);
}

TEST_CASE("the nearest latency is the least there is, exactly") {
  Query query = query_for(100'000);
  query.limits.latency_s = 0.2;
  const PartitionProblem problem = four_layer_problem();
  const Infeasibility result = explain_infeasibility(problem, query);
  const Relaxation relaxation = remedy_of(result, "latency at most 0.2 s");
  const double least_s = plan_cost(problem, Plan{0, {{3, 0, 3}}}, query.input_bytes).latency_s;
  CHECK(relaxation.nearest_limit == least_s);
  CHECK(relaxation.nearest_text == "latency at most 0.51 s");
  query.limits.latency_s = relaxation.nearest_limit;
  CHECK_FALSE(search(problem, query).plans.empty());
}

TEST_CASE("more stages are counted, not measured") {
  Query query = query_for(100'000);
  query.max_stages = 1;
  query.constraints["device"].criteria = parse_criteria("0");
  query.constraints["edge"].criteria = parse_criteria("1");
  query.constraints["cloud"].criteria = parse_criteria("3");
  const Relaxation relaxation =
      remedy_of(explain_infeasibility(four_layer_problem(), query), "at most 1 stage");
  CHECK(relaxation.nearest_limit == 3);
  CHECK(relaxation.nearest_text == "at most 3 stages");
}

TEST_CASE("a system's own memory can be what stands in the way") {
  PartitionProblem problem = four_layer_problem();
  for (System& system : problem.systems) system.memory_bytes = 5e9;
  problem.systems[0].memory_bytes = 3e9;
  Query query = query_for(100'000);
  query.keep_on = {{"device", 0, 3}};
  const Infeasibility result = explain_infeasibility(problem, query);
  CHECK(result.irreducible_subset ==
        std::vector<std::string>{"layers 0 to 3 stay on device",
                                 "memory of pi at most 3 GB (its own)"});
  const Relaxation relaxation = remedy_of(result, "memory of pi at most 3 GB (its own)");
  CHECK(relaxation.nearest_limit == 4.1e9);
  CHECK(relaxation.nearest_text == "memory of pi at most 4.1 GB (its own)");
}

TEST_CASE("where the input lies is a constraint only where the query says so") {
  PartitionProblem problem = four_layer_problem();
  for (int to = 0; to < 4; ++to) problem.links[to].reset();
  Query query = query_for(100'000);
  query.constraints["device"].criteria = parse_criteria("-1");
  CHECK(explain_infeasibility(problem, query).irreducible_subset ==
        std::vector<std::string>{"nothing on device"});
  query.sources = {"device"};
  const Infeasibility result = explain_infeasibility(problem, query);
  CHECK(result.irreducible_subset ==
        std::vector<std::string>{"the input on device", "nothing on device"});
  CHECK(remedy_of(result, "the input on device").is_sufficient);
}

TEST_CASE("where the first layer is kept elsewhere, moving the input there may help") {
  Query query = query_for(100'000);
  query.keep_on = {{"edge", 0, 0}};
  const Infeasibility result = explain_infeasibility(four_layer_problem(), query);
  CHECK(result.irreducible_subset ==
        std::vector<std::string>{"the input on device (the first platform)",
                                 "layer 0 stays on edge"});
  const Relaxation source = remedy_of(result, "the input on device (the first platform)");
  CHECK(source.is_sufficient);
  CHECK(source.nearest_text == "the input on edge (--source edge)");
  CHECK(contains(format_infeasibility(result), "  the input on edge (--source edge)\n"));
  query.sources = {"edge"};
  CHECK_FALSE(search(four_layer_problem(), query).plans.empty());
}

TEST_CASE("with a plan that fits there is nothing to explain") {
  CHECK_ERROR(explain_infeasibility(four_layer_problem(), query_for(100'000)),
              ErrorCode::invalid_argument, "a plan fits");
}

TEST_CASE("what is wrong with the query itself is said as by the search") {
  Query query = query_for(100'000);
  query.constraints["edge"].criteria = parse_criteria("7");
  CHECK_ERROR(explain_infeasibility(four_layer_problem(), query), ErrorCode::infeasible, "layer 7");
  Query unknown = query_for(100'000);
  unknown.limits.energy_j = 1;
  PartitionProblem problem = four_layer_problem();
  problem.systems[1].power_w.reset();
  CHECK_ERROR(explain_infeasibility(problem, unknown), ErrorCode::invalid_argument, "power");
}

TEST_CASE("an explanation that was stopped before it could tell says so") {
  Query query;
  query.route = Route::any_order;
  query.limits.latency_s = 5;
  query.limits.traffic_bytes = 100'000;
  std::stop_source stop;
  stop.request_stop();
  CHECK_ERROR(explain_infeasibility(testing::hard_problem(), query, {stop.get_token()}),
              ErrorCode::interrupted, "time limit");
}

TEST_CASE("limits are written as they were given") {
  CHECK(format_limit(0.8, LimitUnit::seconds) == "0.8 s");
  CHECK(format_limit(301'234, LimitUnit::bytes) == "301.234 kB");
  CHECK(format_limit(999, LimitUnit::bytes) == "999 B");
  CHECK(format_limit(0.07, LimitUnit::share) == "7 %");
  CHECK(format_limit(1, LimitUnit::stages) == "1 stage");
}

TEST_CASE("a nearest limit is rounded up, never down, and not for the noise of a sum") {
  CHECK(format_limit_rounded_up(400'001, LimitUnit::bytes) == "401 kB");
  CHECK(format_limit_rounded_up(400'000, LimitUnit::bytes) == "400 kB");
  CHECK(format_limit_rounded_up(0.1 + 0.2, LimitUnit::seconds) == "0.3 s");
  CHECK(format_limit_rounded_up(0.30001, LimitUnit::seconds) == "0.301 s");
  CHECK(format_limit_rounded_up(1234.5, LimitUnit::joules) == "1240 J");
  CHECK(format_limit_rounded_up(0.00123456, LimitUnit::money) == "0.00124");
  CHECK(format_limit_rounded_up(0.9991, LimitUnit::share) == "100 %");
  CHECK(format_limit_rounded_up(0.3333, LimitUnit::share) == "33.4 %");
  CHECK(format_limit_rounded_up(999'600, LimitUnit::bytes) == "1000 kB");
  CHECK(format_limit_rounded_up(3, LimitUnit::stages) == "3 stages");
}

TEST_CASE("layers of one block that are demanded in two places are told as one block") {
  PartitionProblem problem = four_layer_problem();
  problem.blocks.back().last_layer = 9;
  Query query = query_for(100'000);
  query.constraints["device"].criteria = parse_criteria("4");
  query.constraints["cloud"].criteria = parse_criteria("8");
  const int first = problem.blocks.back().first_layer;
  const std::string note = " (layers " + std::to_string(first) + " to 9 are one block)";
  CHECK(explain_infeasibility(problem, query).irreducible_subset ==
        std::vector<std::string>{"layer 8 on cloud" + note, "layer 4 on device" + note});
}
