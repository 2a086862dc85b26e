// The search against brute force: every way through, every objective, every constraint.
#include <algorithm>
#include <cmath>
#include <random>

#include "scission/search/search.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/random_problem.hpp"

using namespace scission;
using testing::Aim;
using testing::Demand;
using testing::Mode;
using testing::Question;
using testing::value_of;

namespace {

// Far more than any of these takes: a search that hangs fails, and says on what.
constexpr double longest_s = 30;

std::vector<Plan> first(const std::vector<Plan>& plans, int count) {
  const std::size_t kept = std::min(plans.size(), static_cast<std::size_t>(count));
  return {plans.begin(), plans.begin() + static_cast<std::ptrdiff_t>(kept)};
}

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max(1.0, std::abs(b)); }

// What search() promises of a result beside its plans.
void require_proof(const Question& question, const SearchResult& result,
                   const std::vector<Plan>& all) {
  REQUIRE(result.is_optimal);
  REQUIRE(result.proven_count == static_cast<int>(result.plans.size()));
  const double gap_of_first = relative_gap(question.problem, question.query, result);
  REQUIRE((result.plans.empty() ? std::isnan(gap_of_first) : gap_of_first == 0));
  if (static_cast<int>(all.size()) < question.query.result_count) {
    REQUIRE(result.bound == std::numeric_limits<double>::infinity());
  }
  if (all.size() > result.plans.size()) {
    const double next = value_of(question, all[result.plans.size()]);
    REQUIRE(result.bound <= next + 1e-9 * std::max(1.0, next));
  }
}

// Returns how many plans there are in all.
std::size_t require_same_plans(const Question& question) {
  const std::vector<Plan> all = testing::every_plan(question.problem, question.query);
  const SearchResult result = search(question.problem, question.query, {{}, longest_s});
  REQUIRE(result.plans == first(all, question.query.result_count));
  require_proof(question, result, all);
  return all.size();
}

// The same for figures that do not add up exactly: equal values are no longer equal, so the plans
// may come in another order, but their values may not.
std::size_t require_same_values(const Question& question) {
  const std::vector<Plan> all = testing::every_plan(question.problem, question.query);
  const SearchResult result = search(question.problem, question.query, {{}, longest_s});
  REQUIRE(result.plans.size() == first(all, question.query.result_count).size());
  for (std::size_t i = 0; i < result.plans.size(); ++i) {
    REQUIRE(testing::is_allowed(question.problem, question.query, result.plans[i]));
    REQUIRE(is_close(value_of(question, result.plans[i]), value_of(question, all[i])));
    REQUIRE(std::count(result.plans.begin(), result.plans.end(), result.plans[i]) == 1);
  }
  require_proof(question, result, all);
  return all.size();
}

// What a request costs that takes the exit at the end of a block.
double cost_up_to(const Question& question, Plan plan, int last_block, Metric metric) {
  PartitionProblem problem = question.problem;
  problem.exit_shares.clear();
  problem.blocks.resize(last_block + 1);
  std::erase_if(plan.stages, [&](const Stage& stage) { return stage.first_block > last_block; });
  plan.stages.back().last_block = last_block;
  return metric_value(metric, plan_cost(problem, plan, question.query.input_bytes));
}

double mean_over_requests(const Question& question, const Plan& plan, Metric metric) {
  const std::vector<Block>& blocks = question.problem.blocks;
  double mean = 0;
  double rest = 1;
  for (const ExitShare& exit : question.problem.exit_shares) {
    int block = 0;
    while (blocks[block].last_layer != exit.layer) ++block;
    mean += exit.share * cost_up_to(question, plan, block, metric);
    rest -= exit.share;
  }
  return mean + rest * cost_up_to(question, plan, question.problem.block_count() - 1, metric);
}

// Times and bandwidths that are no small numbers.
void roughen(std::mt19937& random, PartitionProblem& problem) {
  std::uniform_real_distribution<double> factor(0.1, 1.0);
  for (std::vector<double>& seconds : problem.block_s) {
    for (double& second : seconds) second *= factor(random);
  }
  for (std::optional<Link>& link : problem.links) {
    if (!link) continue;
    link->megabits_per_s *= factor(random);
    link->ping_ms *= factor(random);
    for (CurvePoint& point : link->curve) point.seconds *= 0.3;
  }
}

}  // namespace

TEST_CASE("cost and memory equal an independent computation") {
  std::mt19937 random(1);
  int compared = 0;
  for (int instance = 0; instance < 400; ++instance) {
    Question question = testing::random_question(random);
    if (instance % 2 == 1) roughen(random, question.problem);
    INFO("instance " << instance);
    for (const Plan& plan : testing::every_plan(question.problem, question.query)) {
      const double input_bytes = question.query.input_bytes;
      const PlanCost ours = testing::added_up(question.problem, plan, input_bytes);
      const PlanCost theirs = plan_cost(question.problem, plan, input_bytes);
      for (const Metric measure : all_metrics()) {
        REQUIRE(is_close(metric_value(measure, theirs), testing::amount_of(measure, ours)));
      }
      REQUIRE(
          is_close(objective_value(question.query.objective, theirs), value_of(question, plan)));
      REQUIRE(theirs.hops.size() == ours.hops.size());
      REQUIRE(theirs.stage_s == ours.stage_s);
      for (int system = 0; system < question.problem.system_count(); ++system) {
        REQUIRE(plan_memory_bytes(question.problem, plan, system) ==
                testing::held_bytes(question.problem, plan, system));
      }
      ++compared;
    }
  }
  CHECK(compared > 10'000);
}

TEST_CASE("with exit shares a plan's costs are means over requests that end at the exits") {
  int compared = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const Question question = testing::random_question(random);
    if (question.problem.exit_shares.empty()) continue;
    for (const Plan& plan : testing::every_plan(question.problem, question.query)) {
      const PlanCost mean = plan_cost(question.problem, plan, question.query.input_bytes);
      for (const Metric metric :
           {Metric::latency, Metric::traffic, Metric::energy, Metric::money}) {
        REQUIRE(is_close(metric_value(metric, mean), mean_over_requests(question, plan, metric)));
      }
      ++compared;
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("every demand leaves plans out, and leaves plans, on every route") {
  for (const Mode mode : testing::all_modes()) {
    for (const Demand demand : testing::all_demands()) {
      std::mt19937 random(5);
      int binding = 0;
      int answered = 0;
      for (int instance = 0; instance < 90; ++instance) {
        const bool is_of_codecs = demand >= Demand::error_limit;
        Question question = is_of_codecs
                                ? testing::random_coded_question(random, mode, Aim::latency, {})
                                : testing::random_question(random, mode, Aim::latency, {});
        const std::vector<Plan> free = testing::every_plan(question.problem, question.query);
        testing::add_demand(random, demand, question.problem, question.query);
        const std::vector<Plan> bound = testing::every_plan(question.problem, question.query);
        binding += bound != free;
        answered += !bound.empty();
      }
      INFO(testing::to_string(demand) << ", mode " << static_cast<int>(mode));
      CHECK(binding >= 5);
      CHECK(answered >= 20);
    }
  }
}

TEST_CASE("each demand alone, for every route and objective, as brute force has it") {
  for (const Mode mode : testing::all_modes()) {
    for (const Aim aim : testing::all_aims()) {
      for (const Demand demand : testing::all_demands()) {
        for (unsigned seed = 0; seed < 30; ++seed) {
          INFO("mode " << static_cast<int>(mode) << ", aim " << static_cast<int>(aim) << ", "
                       << testing::to_string(demand) << ", seed " << seed);
          std::mt19937 random(seed);
          require_same_plans(testing::random_question(random, mode, aim, {demand}));
        }
      }
    }
  }
}

TEST_CASE("demands in every pair, as brute force has them") {
  for (const Demand one : testing::all_demands()) {
    for (const Demand other : testing::all_demands()) {
      if (other < one) continue;
      for (unsigned seed = 0; seed < 18; ++seed) {
        INFO(testing::to_string(one) << ", " << testing::to_string(other) << ", seed " << seed);
        const auto pair = static_cast<unsigned>(one) * 100 + static_cast<unsigned>(other);
        std::mt19937 random(1000 * pair + seed);
        const Mode mode = testing::all_modes()[seed % 3];
        const Aim aim = testing::all_aims()[random() % testing::all_aims().size()];
        require_same_plans(testing::random_question(random, mode, aim, {one, other}));
      }
    }
  }
}

TEST_CASE("limits on platforms that plans leave more than once, as brute force has them") {
  for (const Mode mode : {Mode::each_once, Mode::revisit}) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
      INFO("mode " << static_cast<int>(mode) << ", seed " << seed);
      std::mt19937 random(seed);
      Question question{testing::random_problem(random, {2, 2, 4, 5}), {}};
      testing::set_mode(mode, question.query);
      question.query.result_count = 1 + static_cast<int>(random() % 300);
      const Demand demand = seed % 2 == 0 ? Demand::upload : Demand::compute_seconds;
      testing::add_demand(random, demand, question.problem, question.query);
      require_same_plans(question);
    }
  }
}

TEST_CASE("random mixtures of demands, as brute force has them") {
  int answered = 0;
  for (unsigned seed = 0; seed < 20'000; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(20'000 + seed);
    answered += require_same_plans(testing::random_question(random)) > 0;
  }
  CHECK(answered > 8000);
}

TEST_CASE("with codecs, each demand alone, for every route and objective, as brute force has it") {
  for (const Mode mode : testing::all_modes()) {
    for (const Aim aim : testing::all_aims()) {
      for (const Demand demand : testing::all_demands()) {
        for (unsigned seed = 0; seed < 12; ++seed) {
          INFO("mode " << static_cast<int>(mode) << ", aim " << static_cast<int>(aim) << ", "
                       << testing::to_string(demand) << ", seed " << seed);
          std::mt19937 random(seed);
          require_same_plans(testing::random_coded_question(random, mode, aim, {demand}));
        }
      }
    }
  }
}

TEST_CASE("random mixtures of demands with codecs, as brute force has them") {
  int answered = 0;
  int coded = 0;
  for (unsigned seed = 0; seed < 8000; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(60'000 + seed);
    const Question question = testing::random_coded_question(random);
    answered += require_same_plans(question) > 0;
    const SearchResult result = search(question.problem, question.query);
    coded += std::any_of(result.plans.begin(), result.plans.end(),
                         [](const Plan& plan) { return !plan.codecs.empty(); });
  }
  CHECK(answered > 3000);
  CHECK(coded > 1500);
}

TEST_CASE("codecs that a query does not allow change nothing") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(80'000 + seed);
    Question question = testing::random_question(random);
    const SearchResult before = search(question.problem, question.query);
    testing::add_codecs(random, question.problem, question.query);
    question.query.codecs =
        seed % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"raw"};
    const SearchResult after = search(question.problem, question.query);
    REQUIRE(after.plans == before.plans);
    REQUIRE(after.bound == before.bound);
    for (std::size_t i = 0; i < after.plans.size(); ++i) {
      REQUIRE(after.plans[i].cost.latency_s == before.plans[i].cost.latency_s);
      REQUIRE(after.plans[i].cost.period_s == before.plans[i].cost.period_s);
    }
  }
}

TEST_CASE("on every route all plans are found when enough are asked for, and none twice") {
  for (const Mode mode : testing::all_modes()) {
    for (const Aim aim : testing::all_aims()) {
      for (unsigned seed = 0; seed < 25; ++seed) {
        INFO("mode " << static_cast<int>(mode) << ", aim " << static_cast<int>(aim) << ", seed "
                     << seed);
        std::mt19937 random(seed);
        Question question = testing::random_question(random, mode, aim, {});
        question.query.result_count = 1'000'000;
        require_same_plans(question);
      }
    }
  }
}

TEST_CASE("weights and times that are no powers of two rank as brute force ranks them") {
  int answered = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(40'000 + seed);
    Question question = testing::random_question(random);
    roughen(random, question.problem);
    // A limit that was met exactly may now be met or missed by the last digit.
    question.query.limits = {};
    for (auto& [name, constraints] : question.query.constraints) constraints.compute.reset();
    std::uniform_real_distribution<double> factor(0.1, 1.0);
    for (const Metric measure : all_metrics()) {
      const double weight = question.query.objective.weight(measure);
      const bool is_alone = question.query.objective == single_objective(measure);
      if (!is_alone) question.query.objective.set_weight(measure, weight * factor(random));
    }
    answered += require_same_values(question) > 0;
  }
  CHECK(answered > 1400);
}
