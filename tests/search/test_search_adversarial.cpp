// Questions that a search may stumble over: nothing but ties, nothing at all, far too much.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <random>
#include <thread>

#include "base/numbers.hpp"
#include "scission/search/plan_io.hpp"
#include "scission/search/search.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/even_problem.hpp"
#include "support/random_problem.hpp"

using namespace scission;
using testing::even_problem;
using testing::Mode;
using testing::Question;
using testing::value_of;

namespace {

// Independent times, links almost free: whichever systems are taken, others are missed.
Question hard_question(int systems, int blocks) {
  std::mt19937 random(60);
  std::exponential_distribution<double> seconds(1.0);
  Question question;
  question.problem = even_problem(systems / 2, blocks, 0);
  for (std::vector<double>& row : question.problem.block_s) {
    for (double& second : row) second = seconds(random);
  }
  for (std::optional<Link>& link : question.problem.links) link->ping_ms = 0.01;
  testing::set_mode(Mode::each_once, question.query);
  return question;
}

// What holds of every result, proven or not.
void require_consistent(const Question& question, const SearchResult& result) {
  const int count = static_cast<int>(result.plans.size());
  REQUIRE(count <= question.query.result_count);
  REQUIRE(result.proven_count <= count);
  REQUIRE((!result.is_optimal || result.proven_count == count));
  double previous = 0;
  for (int i = 0; i < count; ++i) {
    const Plan& plan = result.plans[i];
    REQUIRE(testing::is_allowed(question.problem, question.query, plan));
    REQUIRE(std::count(result.plans.begin(), result.plans.end(), plan) == 1);
    const double value = value_of(question, plan);
    REQUIRE(value >= previous * (1 - 1e-12));
    if (i >= result.proven_count) REQUIRE(result.bound <= value * (1 + 1e-9));
    previous = value;
  }
  const double left = relative_gap(question.problem, question.query, result);
  if (count == 0) {
    REQUIRE(std::isnan(left));
  } else {
    REQUIRE((left >= 0 && left <= 1));
    if (result.proven_count > 0) REQUIRE(left == 0);
  }
}

// Every plan of one and two stages in the order that ties are broken by.
std::vector<Plan> first_of_all_ties(const Question& question) {
  const int systems = question.problem.system_count();
  const int last = question.problem.block_count() - 1;
  std::vector<Plan> plans;
  for (int source = 0; source < systems; ++source) {
    for (int on = 0; on < systems; ++on) plans.push_back({source, {{on, 0, last}}});
  }
  for (int source = 0; source < systems; ++source) {
    for (int on = 0; on < systems; ++on) {
      for (int end = 0; end < last; ++end) {
        for (int then = 0; then < systems; ++then) {
          plans.push_back({source, {{on, 0, end}, {then, end + 1, last}}});
        }
      }
    }
  }
  std::erase_if(plans, [&](const Plan& plan) {
    return !testing::is_allowed(question.problem, question.query, plan);
  });
  return plans;
}

// By dynamic programming block by block: over (systems that have run, the last of them).
double least_latency(const Question& question) {
  const PartitionProblem& problem = question.problem;
  const int systems = problem.system_count();
  const bool counts = !question.query.can_revisit;
  const int sets = counts ? 1 << systems : 1;
  const auto with = [&](int set, int system) { return counts ? set | 1 << system : 0; };
  std::vector<double> now(sets * systems, infinity);
  for (int source = 0; source < systems; ++source) {
    if (problem.platform_of(source) != 0) continue;
    for (int to = 0; to < systems; ++to) {
      const double hop =
          to == source ? 0 : problem.link(source, to)->transfer_s(question.query.input_bytes);
      double& least = now[with(0, to) * systems + to];
      least = std::min(least, hop + problem.block_s[to][0]);
    }
  }
  for (int block = 1; block < problem.block_count(); ++block) {
    const double bytes = problem.bytes_into(block, 0);
    std::vector<double> next(now.size(), infinity);
    for (int state = 0; state < sets * systems; ++state) {
      if (now[state] == infinity) continue;
      const int set = state / systems;
      const int at = state % systems;
      for (int to = 0; to < systems; ++to) {
        if (to != at && counts && (set >> to & 1) != 0) continue;
        const double hop = to == at ? 0 : problem.link(at, to)->transfer_s(bytes);
        double& least = next[with(set, to) * systems + to];
        least = std::min(least, now[state] + hop + problem.block_s[to][block]);
      }
    }
    now = std::move(next);
  }
  return *std::min_element(now.begin(), now.end());
}

}  // namespace

TEST_CASE("where all plans cost the same, fifty come in the order of ties, on every route") {
  for (const Mode mode : testing::all_modes()) {
    for (const double seconds : {0.0, 0.25}) {
      for (const Metric measure : {Metric::latency, Metric::traffic, Metric::period}) {
        if (seconds > 0 && measure == Metric::period) continue;  // not all the same then
        INFO("mode " << static_cast<int>(mode) << ", by " << to_string(measure));
        Question question{even_problem(3, 30, seconds), {}};
        question.query.input_bytes = 0;
        question.query.objective = single_objective(measure);
        question.query.result_count = 50;
        testing::set_mode(mode, question.query);
        std::vector<Plan> expected = first_of_all_ties(question);
        REQUIRE(expected.size() > 50);
        expected.resize(50);
        const SearchResult result = search(question.problem, question.query);
        REQUIRE(result.plans == expected);
        require_consistent(question, result);
      }
    }
  }
}

TEST_CASE("one block or one system is no special case") {
  for (const Mode mode : testing::all_modes()) {
    for (unsigned seed = 0; seed < 300; ++seed) {
      INFO("mode " << static_cast<int>(mode) << ", seed " << seed);
      std::mt19937 random(seed);
      const testing::Size size =
          seed % 2 == 0 ? testing::Size{3, 2, 6, 1} : testing::Size{1, 1, 1, 8};
      Question question{testing::random_problem(random, size), {}};
      testing::set_mode(mode, question.query);
      question.query.objective =
          testing::random_objective(random, testing::all_aims()[random() % 7]);
      question.query.result_count = 10'000;
      if (random() % 2 == 0) {
        testing::add_demand(random, testing::Demand::return_to, question.problem, question.query);
      }
      REQUIRE(search(question.problem, question.query).plans ==
              testing::every_plan(question.problem, question.query));
    }
  }
}

TEST_CASE("beside a period, sums that are nothing or next to nothing do not blur the order") {
  for (const Mode mode : testing::all_modes()) {
    for (const double scale : {0.0, 0x1p-30, 0x1p30}) {
      for (unsigned seed = 0; seed < 100; ++seed) {
        INFO("mode " << static_cast<int>(mode) << ", scale " << scale << ", seed " << seed);
        std::mt19937 random(seed);
        Question question{testing::random_problem(random, testing::any_order_size), {}};
        for (System& system : question.problem.systems) *system.price_per_hour *= scale;
        for (std::optional<Link>& link : question.problem.links) {
          if (link) *link->price_per_byte *= scale;
        }
        testing::set_mode(mode, question.query);
        question.query.input_bytes = 4096;
        question.query.objective = Objective{0, 2, 0, 0, 1};
        question.query.result_count = 10'000;
        REQUIRE(search(question.problem, question.query).plans ==
                testing::every_plan(question.problem, question.query));
      }
    }
  }
}

TEST_CASE("under a share limit no plan goes over a link that is not there") {
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    Question question{testing::random_problem(random, testing::any_order_size), {}};
    for (std::optional<Link>& link : question.problem.links) {
      if (random() % 3 == 0) link.reset();
    }
    testing::set_mode(Mode::revisit, question.query);
    question.query.input_bytes = 4096;
    question.query.result_count = 1 + static_cast<int>(random() % 40);
    question.query.constraints["@" + question.problem.systems.back().name].compute =
        TimeLimit{0.5, true};
    question.query.limits.period_s = 0.5;
    std::vector<Plan> expected = testing::every_plan(question.problem, question.query);
    const std::size_t count = static_cast<std::size_t>(question.query.result_count);
    if (expected.size() > count) expected.resize(count);
    REQUIRE(search(question.problem, question.query).plans == expected);
  }
}

TEST_CASE("ten thousand blocks on four systems, each once or again and again") {
  std::mt19937 random(10'000);
  Question question{testing::network_like_problem(random, 2, 2, 10'000), {}};
  for (const Mode mode : {Mode::each_once, Mode::revisit}) {
    INFO("mode " << static_cast<int>(mode));
    testing::set_mode(mode, question.query);
    const SearchResult result = search(question.problem, question.query, {{}, 120.0});
    REQUIRE(result.is_optimal);
    REQUIRE(result.plans.size() == 5);
    require_consistent(question, result);
    CHECK(value_of(question, result.plans.front()) ==
          Approx(least_latency(question)).epsilon(1e-9));
  }
}

TEST_CASE("no plan is an answer, and a proven one, on every route") {
  for (const Mode mode : testing::all_modes()) {
    Question base = hard_question(6, 20);
    testing::set_mode(mode, base.query);
    std::vector<Query> queries(6, base.query);
    queries[0].constraints["a"].criteria.layers = {3};
    queries[0].constraints["b"].criteria.layers = {3};
    queries[1].limits.latency_s = 1e-6;
    queries[2].limits.period_s = 1e-6;
    queries[3].constraints["a"].criteria.layers = {3};
    queries[3].constraints["a"].compute = TimeLimit{0, true};
    queries[4].sinks = {"c"};
    queries[4].constraints["c"].criteria.is_used = false;
    queries[5].keep_on = {{"a0", 0, 5}, {"b", 5, 9}};
    const std::vector<Query> by_latency = queries;
    for (Query query : by_latency) {
      query.objective = parse_objective("latency + period");
      queries.push_back(query);
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      INFO("mode " << static_cast<int>(mode) << ", query " << i);
      const SearchResult result = search(base.problem, queries[i], {{}, 600.0});
      CHECK(result.plans.empty());
      CHECK(result.is_optimal);
      CHECK(result.proven_count == 0);
      CHECK(result.bound == infinity);
      CHECK(std::isnan(relative_gap(base.problem, queries[i], result)));
    }
  }
}

TEST_CASE("where two systems are quick at every other block, going back and forth pays") {
  Question question{even_problem(1, 10, 0), {}};
  for (int block = 0; block < 10; ++block) {
    question.problem.block_s[block % 2][block] = 0.125;
    question.problem.block_s[1 - block % 2][block] = 1;
  }
  testing::set_mode(Mode::each_once, question.query);
  const std::vector<Plan> once = search(question.problem, question.query).plans;
  testing::set_mode(Mode::revisit, question.query);
  const std::vector<Plan> again = search(question.problem, question.query).plans;
  REQUIRE(again == [&] {
    std::vector<Plan> all = testing::every_plan(question.problem, question.query);
    all.resize(5);
    return all;
  }());
  CHECK(again.front().stages.size() == 10);
  CHECK(value_of(question, again.front()) == Approx(1.25).epsilon(1e-6));
  testing::set_mode(Mode::each_once, question.query);
  std::vector<Plan> all = testing::every_plan(question.problem, question.query);
  all.resize(5);
  CHECK(once == all);
  CHECK(value_of(question, once.front()) > 4);
}

TEST_CASE("a limit that the quickest hundreds of plans miss leads to the first that keeps it") {
  for (const Mode mode : testing::all_modes()) {
    int deep = 0;
    for (const Metric measure : {Metric::traffic, Metric::energy, Metric::money}) {
      for (unsigned seed = 0; seed < 8; ++seed) {
        INFO("mode " << static_cast<int>(mode) << ", " << to_string(measure) << ", seed " << seed);
        std::mt19937 random(seed);
        Question question{testing::network_like_problem(random, 3, 2, 30), {}};
        testing::set_mode(mode, question.query);
        question.query.result_count = 2000;
        const std::vector<Plan> ranked = search(question.problem, question.query).plans;
        const auto amount_of = [&](const Plan& plan) {
          const double input_bytes = question.query.input_bytes;
          return testing::amount_of(measure,
                                    testing::added_up(question.problem, plan, input_bytes));
        };
        // The last plan that takes less than all that are quicker.
        std::size_t found = 0;
        for (std::size_t i = 1; i < ranked.size(); ++i) {
          if (amount_of(ranked[i]) < amount_of(ranked[found]) * (1 - 1e-9)) found = i;
        }
        deep += found >= 500;
        question.query.result_count = 1;
        switch (measure) {
          case Metric::traffic:
            question.query.limits.traffic_bytes = amount_of(ranked[found]);
            break;
          case Metric::energy:
            question.query.limits.energy_j = amount_of(ranked[found]);
            break;
          default:
            question.query.limits.money = amount_of(ranked[found]);
            break;
        }
        const SearchResult result = search(question.problem, question.query, {{}, 600.0});
        REQUIRE(result.is_optimal);
        REQUIRE(result.plans == std::vector<Plan>{ranked[found]});
      }
    }
    INFO("mode " << static_cast<int>(mode));
    CHECK(deep >= 3);
  }
}

TEST_CASE("without time, or after a stop request, a search returns valid plans without proof") {
  Question question = hard_question(20, 60);
  std::stop_source stop;
  stop.request_stop();
  for (const bool by_time : {true, false}) {
    for (const int limited : {0, 1, 2}) {
      INFO((by_time ? "time limit" : "stop token") << ", limits " << limited);
      question.query.limits = {};
      question.query.constraints.clear();
      if (limited >= 1) question.query.limits.latency_s = 40;
      if (limited == 2) question.query.constraints["b"].criteria = parse_criteria("30,!31");
      const SearchOptions options =
          by_time ? SearchOptions{{}, 0.0} : SearchOptions{stop.get_token(), {}};
      const SearchResult result = search(question.problem, question.query, options);
      CHECK_FALSE(result.is_optimal);
      CHECK(result.proven_count < question.query.result_count);
      if (limited == 0) CHECK_FALSE(result.plans.empty());
      require_consistent(question, result);
    }
  }
}

TEST_CASE("the bound of a short search holds for a longer search") {
  const Question question = hard_question(12, 40);
  const SearchResult at_once = search(question.problem, question.query, {{}, 0.0});
  const SearchResult later = search(question.problem, question.query, {{}, 2.0});
  require_consistent(question, at_once);
  require_consistent(question, later);
  REQUIRE_FALSE(at_once.plans.empty());
  REQUIRE_FALSE(later.plans.empty());
  const double best = value_of(question, later.plans.front());
  CHECK(best <= value_of(question, at_once.plans.front()) * (1 + 1e-12));
  CHECK(at_once.bound <= best * (1 + 1e-9));
  CHECK(best >= least_latency(question) * (1 - 1e-9));
  if (later.is_optimal) CHECK(best == Approx(least_latency(question)).epsilon(1e-9));
  CHECK(at_once.bound <= least_latency(question) * (1 + 1e-9));
}

TEST_CASE("a stop request ends a search, whose plans are not proven") {
  Question question = hard_question(40, 200);
  question.query.limits.period_s = 8;
  for (const Metric measure : {Metric::latency, Metric::period}) {
    INFO(to_string(measure));
    question.query.objective = single_objective(measure);
    std::stop_source stop;
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stop.request_stop();
    });
    const SearchResult result = search(question.problem, question.query, {stop.get_token(), {}});
    stopper.join();
    // Neither metric is proven within 15 s.
    CHECK_FALSE(result.is_optimal);
    require_consistent(question, result);
  }
}

TEST_CASE("four searches at a time give what one gives") {
  for (const Mode mode : testing::all_modes()) {
    std::mt19937 random(2);
    Question question{testing::network_like_problem(random, 3, 2, 40), {}};
    testing::set_mode(mode, question.query);
    question.query.result_count = 200;
    question.query.objective = Objective{1, 0, 1e-7, 0.01, 0};
    const SearchResult alone = search(question.problem, question.query);
    std::vector<std::future<SearchResult>> searches;
    for (int i = 0; i < 4; ++i) {
      searches.push_back(
          std::async(std::launch::async, [&] { return search(question.problem, question.query); }));
    }
    for (std::future<SearchResult>& one : searches) {
      const SearchResult result = one.get();
      CHECK(result.plans == alone.plans);
      CHECK(result.proven_count == alone.proven_count);
      CHECK(result.bound == alone.bound);
    }
  }
}

TEST_CASE("the text of a proof tells how much could be saved at most, or that no bound is known") {
  const Question question = hard_question(4, 10);
  SearchResult result = search(question.problem, question.query);
  const double best = value_of(question, result.plans.front());
  result.is_optimal = false;
  result.proven_count = 0;
  const auto text = [&](double bound) {
    result.bound = bound;
    return format_proof(question.problem, question.query, result);
  };
  CHECK(text(best * 0.255).rfind("at most 75 % of the ", 0) == 0);
  CHECK(text(best * 0.9777).rfind("at most 2.3 % of the ", 0) == 0);
  CHECK(text(best * 0.0001).rfind("at most 100 % of the ", 0) == 0);
  CHECK(text(best * 0.99999).rfind("at most 0.1 % of the ", 0) == 0);
  CHECK(text(0) == "no bound is known for the best plan found in time");
}

TEST_CASE("the gap is the distance of the first plan from the bound, relative to the plan") {
  const Question question = hard_question(4, 10);
  SearchResult result = search(question.problem, question.query);
  const double best = value_of(question, result.plans.front());
  CHECK(relative_gap(question.problem, question.query, result) == 0);
  result.is_optimal = false;
  result.proven_count = 0;
  result.bound = best / 4;
  CHECK(relative_gap(question.problem, question.query, result) == Approx(0.75));
  result.bound = 0;
  CHECK(relative_gap(question.problem, question.query, result) == Approx(1));
  result.bound = best;
  CHECK(relative_gap(question.problem, question.query, result) == Approx(0).margin(1e-12));
  result.plans.clear();
  CHECK(std::isnan(relative_gap(question.problem, question.query, result)));
}
