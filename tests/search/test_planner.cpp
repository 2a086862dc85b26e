#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <type_traits>

#include "scission/search/search.hpp"
#include "support/catch.hpp"
#include "support/error_of.hpp"
#include "support/random_problem.hpp"

using namespace scission;
using testing::Mode;
using testing::Question;

namespace {

// The changes a planner has seen, kept apart from it.
struct Mirror {
  PartitionProblem problem;
  std::vector<std::vector<double>> unslowed_s = problem.block_s;
  std::vector<std::vector<double>> unslowed_setup_s = problem.setup_s;

  void slow_down(int system, double factor) {
    for (std::size_t block = 0; block < unslowed_s[system].size(); ++block) {
      problem.block_s[system][block] = unslowed_s[system][block] * factor;
      if (unslowed_setup_s.empty()) continue;
      problem.setup_s[system][block] = unslowed_setup_s[system][block] * factor;
    }
  }
};

void require_same(const SearchResult& one, const SearchResult& other) {
  REQUIRE(one.plans == other.plans);
  REQUIRE(one.is_optimal == other.is_optimal);
  REQUIRE(one.proven_count == other.proven_count);
  REQUIRE(one.bound == other.bound);
  REQUIRE(one.missing_links == other.missing_links);
}

void change_link(std::mt19937& random, Mirror& mirror, Planner& planner) {
  const int count = mirror.problem.system_count();
  const int from = static_cast<int>(random() % count);
  const int to = static_cast<int>(random() % count);
  std::optional<Link> link = mirror.problem.links[random() % mirror.problem.links.size()];
  if (link && random() % 2 == 0) link->ping_ms += 125;
  mirror.problem.links[from * count + to] = link;
  planner.set_link(from, to, link);
}

void change_slowdown(std::mt19937& random, Mirror& mirror, Planner& planner) {
  const int system = static_cast<int>(random() % mirror.problem.system_count());
  const double factor = 0.25 * static_cast<double>(1 + random() % 12);
  mirror.slow_down(system, factor);
  planner.set_slowdown(system, factor);
}

// Like require_same(), for a problem that has become one that the search refuses.
void require_same_answer(const Mirror& mirror, Planner& planner) {
  std::optional<SearchResult> expected;
  const auto refusal =
      testing::error_of([&] { expected = search(mirror.problem, planner.query()); });
  if (!refusal) {
    require_same(planner.plan(), *expected);
    return;
  }
  const auto same = testing::error_of([&] { planner.plan(); });
  REQUIRE(same.has_value());
  REQUIRE(same->code() == refusal->code());
}

void require_same_after_changes(std::mt19937& random, const Question& question, int changes) {
  Mirror mirror{question.problem};
  Planner planner(PartitionProblem(question.problem), question.query);
  require_same_answer(mirror, planner);
  for (int change = 0; change < changes; ++change) {
    INFO("change " << change);
    for (std::size_t i = 0; i < 1 + random() % 3; ++i) {
      random() % 2 == 0 ? change_link(random, mirror, planner)
                        : change_slowdown(random, mirror, planner);
    }
    REQUIRE(planner.problem().links == mirror.problem.links);
    REQUIRE(planner.problem().block_s == mirror.problem.block_s);
    require_same_answer(mirror, planner);
  }
}

Question some_question() {
  std::mt19937 random(4);
  Question question;
  question.problem = testing::network_like_problem(random, 2, 2, 12);
  return question;
}

}  // namespace

TEST_CASE("a planner gives what a search gives, after every change of links and loads") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    require_same_after_changes(random, testing::random_question(random), 8);
  }
}

TEST_CASE("a planner gives what a search gives on large problems, for every objective") {
  for (unsigned seed = 0; seed < 42; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Question question;
    testing::set_mode(testing::all_modes()[seed % 3], question.query);
    question.query.objective = testing::random_objective(random, testing::all_aims()[seed / 3 % 7]);
    // The period of systems that may run again and again is hard: see test_search_metamorphic.cpp.
    const bool is_hard = question.query.can_revisit && question.query.objective.period > 0;
    question.problem = testing::network_like_problem(random, 2, is_hard ? 2 : 3, is_hard ? 12 : 30);
    require_same_after_changes(random, question, 6);
  }
}

TEST_CASE("undone changes leave a planner unchanged") {
  Question question = some_question();
  Planner planner(PartitionProblem(question.problem), question.query);
  const SearchResult before = planner.plan();
  planner.set_slowdown(0, 3);
  planner.set_slowdown(question.problem.systems[0].name, 0.5);
  planner.set_slowdown(0, 1);
  const std::optional<Link> link = question.problem.link(0, 2);
  planner.set_link(0, 2, std::nullopt);
  CHECK_FALSE(planner.problem().link(0, 2));
  planner.set_link(question.problem.systems[0].name, question.problem.systems[2].name, link);
  CHECK(planner.problem().block_s == question.problem.block_s);
  require_same(planner.plan(), before);
  require_same(planner.plan(), before);
}

TEST_CASE("a planner that was stopped once finds the full result later") {
  for (const Mode mode : testing::all_modes()) {
    Question question = some_question();
    testing::set_mode(mode, question.query);
    Planner planner(PartitionProblem(question.problem), question.query);
    std::stop_source stop;
    stop.request_stop();
    planner.plan({stop.get_token(), {}});
    planner.plan({{}, 0.0});
    require_same(planner.plan(), search(question.problem, question.query));
  }
}

TEST_CASE("a planner can be moved, and keeps its changes") {
  const Question question = some_question();
  Planner first(PartitionProblem(question.problem), question.query);
  first.set_slowdown(1, 2);
  Planner second(std::move(first));
  Planner third(PartitionProblem(question.problem), Query(question.query));
  third = std::move(second);
  PartitionProblem slowed = question.problem;
  for (double& second_s : slowed.block_s[1]) second_s *= 2;
  CHECK(third.problem().block_s == slowed.block_s);
  require_same(third.plan(), search(slowed, question.query));
}

TEST_CASE("a change that cannot be meant is refused, and nothing has changed") {
  const Question question = some_question();
  Planner planner(PartitionProblem(question.problem), question.query);
  const SearchResult before = planner.plan();
  const ErrorCode invalid = ErrorCode::invalid_argument;
  CHECK_ERROR(planner.set_link(-1, 0, std::nullopt), invalid, "-1");
  CHECK_ERROR(planner.set_link(0, 4, std::nullopt), invalid, "4");
  CHECK_ERROR(planner.set_link("none", "none", std::nullopt), invalid, "no system 'none'");
  CHECK_ERROR(planner.set_slowdown("none", 2), invalid, "no system 'none'");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Link& none : {Link{-1, 100}, Link{1, 0}, Link{1, nan}, Link{nan, 100},
                           Link{1, 100, {{0, 1}}}, Link{1, 100, {{0, 1}, {0, 2}}}}) {
    CHECK_ERROR(planner.set_link(0, 1, none), invalid, "link");
  }
  CHECK_ERROR(planner.set_slowdown(4, 2), invalid, "4");
  CHECK_ERROR(planner.set_slowdown(-1, 2), invalid, "-1");
  for (const double factor : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
                              std::numeric_limits<double>::infinity()}) {
    CHECK_ERROR(planner.set_slowdown(0, factor), invalid, "");
  }
  CHECK(planner.problem().block_s == question.problem.block_s);
  CHECK(planner.problem().links == question.problem.links);
  require_same(planner.plan(), before);
}

TEST_CASE("a planner refuses what a search refuses, when it is made") {
  Question question = some_question();
  question.query.result_count = 0;
  CHECK_ERROR(Planner(PartitionProblem(question.problem), question.query),
              ErrorCode::invalid_argument, "result");
  question.query.result_count = 1;
  question.query.sinks = {"nowhere"};
  CHECK_ERROR(Planner(PartitionProblem(question.problem), question.query),
              ErrorCode::invalid_argument, "nowhere");
}

TEST_CASE(
    "a problem made by hand whose parts do not fit is refused, and nothing is read beyond them") {
  const Question question = some_question();
  const auto refused = [&](const std::function<void(PartitionProblem&)>& break_it) {
    PartitionProblem problem = question.problem;
    break_it(problem);
    const auto error = testing::error_of([&] { search(problem, question.query); });
    return error && error->code() == ErrorCode::invalid_argument;
  };
  CHECK(refused([](PartitionProblem& problem) { problem.block_s.pop_back(); }));
  CHECK(refused([](PartitionProblem& problem) { problem.block_s[0].pop_back(); }));
  CHECK(refused([](PartitionProblem& problem) { problem.links.pop_back(); }));
  CHECK(refused([](PartitionProblem& problem) { problem.memory.resize(1); }));
  CHECK(refused([](PartitionProblem& problem) { problem.block_s[0][0] = -1; }));
  CHECK(refused([](PartitionProblem& problem) {
    problem.block_s[0][0] = std::numeric_limits<double>::quiet_NaN();
  }));
  CHECK(refused([](PartitionProblem& problem) { problem.links[1] = Link{0, 0}; }));
  CHECK(refused([](PartitionProblem& problem) { problem.systems.clear(); }));
  CHECK(refused([](PartitionProblem& problem) { problem.blocks.clear(); }));
}

TEST_CASE("plans carry the costs of their search, before and after a change") {
  Question question = some_question();
  question.query.route = Route::any_order;
  Planner planner(PartitionProblem(question.problem), question.query);
  const std::vector<Plan> before = planner.plan().plans;
  REQUIRE_FALSE(before.empty());
  for (const Plan& plan : before) {
    const PlanCost cost = plan_cost(question.problem, plan, question.query.input_bytes);
    CHECK(plan.cost.latency_s == cost.latency_s);
    CHECK(plan.cost.compute_s == cost.compute_s);
    CHECK(plan.cost.transfer_s == cost.transfer_s);
    CHECK(plan.cost.period_s == cost.period_s);
    CHECK(plan.cost.traffic_bytes == cost.traffic_bytes);
  }
  for (int system = 0; system < question.problem.system_count(); ++system) {
    planner.set_slowdown(system, 3);
  }
  const Plan after = planner.plan().plans.front();
  const double latency_s =
      plan_cost(planner.problem(), after, question.query.input_bytes).latency_s;
  CHECK(after.cost.latency_s == latency_s);
  CHECK(planner.cost(after).latency_s == latency_s);
  CHECK(after.cost.latency_s >
        plan_cost(question.problem, after, question.query.input_bytes).latency_s);
}

TEST_CASE("a planner takes its problem over, so that no copy with old links is left to ask") {
  CHECK_FALSE(std::is_constructible_v<Planner, PartitionProblem&, Query>);
  CHECK_FALSE(std::is_constructible_v<Planner, const PartitionProblem&, Query>);
  CHECK(std::is_constructible_v<Planner, PartitionProblem, Query>);
}

TEST_CASE("a link to a system that is not there is refused with the names that are") {
  const Question question = some_question();
  Planner planner(PartitionProblem(question.problem), question.query);
  for (const System& system : question.problem.systems) {
    CHECK_ERROR(planner.set_link("mainframe", system.name, Link{1, 8}), ErrorCode::invalid_argument,
                system.name);
  }
}

TEST_CASE("a plan that no search has found has no cost, and is the same plan") {
  const Question question = some_question();
  const Plan found = search(question.problem, question.query).plans.front();
  const Plan made{found.source, found.stages, found.destination};
  CHECK(made == found);
  CHECK(std::isnan(made.cost.latency_s));
}
