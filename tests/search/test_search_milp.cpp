// Problems too large to enumerate: the search against a general solver's optimum.
#include <cmath>
#include <random>

#include "scission/search/search.hpp"
#include "support/brute_force.hpp"
#include "support/catch.hpp"
#include "support/plan_milp.hpp"
#include "support/random_numbers.hpp"

using namespace scission;

namespace {

double log_uniform(std::mt19937& random, double low, double high) {
  return std::exp(testing::uniform_real(random, std::log(low), std::log(high)));
}

Link random_link(std::mt19937& random) {
  Link link{log_uniform(random, 0.1, 10), log_uniform(random, 10, 1000)};
  link.joules_per_byte = log_uniform(random, 1e-8, 1e-6);
  link.price_per_byte = log_uniform(random, 1e-11, 1e-10);
  return link;
}

// 12 blocks, 5 systems on 3 platforms, every figure known. Systems differ block by block, so that
// the best plans have several stages. Every other problem has early exits, every third setup times.
PartitionProblem medium_problem(unsigned seed) {
  std::mt19937 random(seed);
  PartitionProblem problem;
  problem.model = "medium";
  problem.platforms = {"device", "edge", "cloud"};
  for (const char* name : {"d1", "d2", "e1", "e2", "c1"}) {
    const std::string platform = name[0] == 'd' ? "device" : name[0] == 'e' ? "edge" : "cloud";
    System& system = problem.systems.emplace_back(System{name, platform});
    system.power_w = log_uniform(random, 2, 50);
    system.price_per_hour = log_uniform(random, 0.01, 1);
    std::vector<double>& seconds = problem.block_s.emplace_back();
    for (int block = 0; block < 12; ++block) seconds.push_back(log_uniform(random, 0.002, 0.05));
  }
  for (int block = 0; block < 12; ++block) {
    problem.blocks.push_back({block, block, std::lround(log_uniform(random, 1e4, 4e5))});
    problem.memory.push_back({log_uniform(random, 1e5, 1e7), log_uniform(random, 1e5, 2e6)});
  }
  for (int pair = 0; pair < 25; ++pair) problem.links.emplace_back(random_link(random));
  if (seed % 3 == 0) {
    for (int system = 0; system < 5; ++system) {
      std::vector<double>& seconds = problem.setup_s.emplace_back();
      for (int block = 0; block < 12; ++block) seconds.push_back(log_uniform(random, 1e-4, 0.01));
    }
  }
  if (seed % 2 == 0) problem.exit_shares = {{2, 0.3}, {6, 0.45}, {8, 0.1}};
  return problem;
}

Query each_once() {
  Query query;
  query.route = Route::any_order;
  query.result_count = 1;
  return query;
}

Plan best_plan(const PartitionProblem& problem, const Query& query) {
  const SearchResult result = search(problem, query);
  REQUIRE(result.plans.size() == 1);
  CHECK(result.is_optimal);
  return result.plans.front();
}

// Both may choose another plan of the same value.
void check_against_cbc(const PartitionProblem& problem, const Query& query) {
  const SearchResult result = search(problem, query);
  REQUIRE(result.is_optimal);
  const testing::MilpAnswer expected = testing::best_plan_by_milp(problem, query);
  REQUIRE(expected.plan.has_value() == !result.plans.empty());
  if (!expected.plan) return;
  REQUIRE(testing::is_allowed(problem, query, result.plans.front()));
  CHECK(testing::value_of(problem, query, result.plans.front()) ==
        Approx(testing::value_of(problem, query, *expected.plan)).epsilon(1e-6).margin(0));
}

// `ask` makes the query for a problem. Every instance's limits are taken from its own best plan.
template <typename Ask>
void check_instances(Ask ask) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    INFO("instance " << seed);
    const PartitionProblem problem = medium_problem(seed);
    check_against_cbc(problem, ask(problem));
  }
}

// Two codecs: a lossless one, and one that is smaller and lossy.
void add_codecs(PartitionProblem& problem, unsigned seed) {
  std::mt19937 random(100 + seed);
  for (const char* name : {"exact", "lossy"}) {
    const bool is_lossy = name[0] == 'l';
    CodecCosts& codec = problem.codecs.emplace_back();
    codec.name = name;
    codec.encode_s.resize(problem.systems.size());
    codec.decode_s.resize(problem.systems.size());
    for (int block = 0; block <= problem.block_count(); ++block) {
      const double share = is_lossy ? log_uniform(random, 0.1, 0.3) : log_uniform(random, 0.5, 0.9);
      codec.bytes.push_back(share * problem.bytes_into(block, Query{}.input_bytes));
      codec.error.push_back(is_lossy ? log_uniform(random, 1e-3, 0.05) : 0);
      codec.disagreement.push_back(is_lossy ? log_uniform(random, 1e-3, 0.1) : 0);
      for (std::size_t system = 0; system < problem.systems.size(); ++system) {
        codec.encode_s[system].push_back(log_uniform(random, 1e-5, 2e-3));
        codec.decode_s[system].push_back(log_uniform(random, 1e-5, 2e-3));
      }
    }
  }
}

Query coded(Query query) {
  query.codecs = {"exact", "lossy"};
  return query;
}

// The same as check_instances() with codecs.
template <typename Ask>
void check_coded_instances(Ask ask) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    INFO("instance " << seed);
    PartitionProblem problem = medium_problem(seed);
    add_codecs(problem, seed);
    check_against_cbc(problem, ask(problem));
  }
}

}  // namespace

#define SCISSION_NEEDS_CBC()                                                \
  do {                                                                      \
    if (!testing::has_cbc()) {                                              \
      SKIP_TEST("cbc is not on the PATH (Debian's package is coinor-cbc)"); \
    }                                                                       \
  } while (false)

TEST_CASE("medium problems: in any order each once, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem&) { return each_once(); });
}

TEST_CASE("medium problems: with systems visited again, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem&) {
    Query query = each_once();
    query.can_revisit = true;
    return query;
  });
}

TEST_CASE("medium problems: in the platforms' order, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem&) {
    Query query;
    query.result_count = 1;
    return query;
  });
}

TEST_CASE("medium problems: under an upload limit that binds, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem& problem) {
    Query query = each_once();
    double most = 0;
    for (const Hop& hop : plan_cost(problem, best_plan(problem, query), query.input_bytes).hops) {
      if (problem.platform_of(hop.from) == 0 && problem.platform_of(hop.to) != 0) {
        most += hop.share * hop.bytes;
      }
    }
    query.constraints["device"].upload_bytes = 0.5 * most;
    return query;
  });
}

TEST_CASE("medium problems: under memory limits that bind, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem& problem) {
    Query query = each_once();
    const Plan best = best_plan(problem, query);
    for (const Stage& stage : best.stages) {
      const std::string name = "@" + problem.systems[stage.system].name;
      query.constraints[name].memory_bytes = 0.7 * plan_memory_bytes(problem, best, stage.system);
    }
    return query;
  });
}

TEST_CASE("medium problems: under a traffic limit that binds, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem& problem) {
    Query query = each_once();
    query.limits.traffic_bytes =
        0.6 * plan_cost(problem, best_plan(problem, query), query.input_bytes).traffic_bytes;
    return query;
  });
}

TEST_CASE("medium problems: under limits on compute time that bind, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem& problem) {
    Query query = each_once();
    const Plan best = best_plan(problem, query);
    const PlanCost total = plan_cost(problem, best, query.input_bytes);
    const std::string first = "@" + problem.systems[best.stages.front().system].name;
    const std::string last = "@" + problem.systems[best.stages.back().system].name;
    query.constraints[first].compute = TimeLimit{0.6 * total.stage_s.front(), false};
    query.constraints[last].compute = TimeLimit{0.7 * total.stage_s.back() / total.compute_s, true};
    return query;
  });
}

TEST_CASE("medium problems: several limits at once, systems visited again: cbc's optimum") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem& problem) {
    Query query = each_once();
    query.can_revisit = true;
    const PlanCost total = plan_cost(problem, best_plan(problem, query), query.input_bytes);
    query.max_stages = 4;
    query.limits.energy_j = 0.7 * total.energy_j;
    query.limits.money = 0.8 * total.money;
    query.constraints["device"].compute = TimeLimit{0.5, true};
    return query;
  });
}

TEST_CASE("medium problems: every measure as the objective, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  for (Metric measure : all_metrics()) {
    INFO(to_string(measure));
    check_instances([&](const PartitionProblem&) {
      Query query = each_once();
      query.objective = single_objective(measure);
      return query;
    });
  }
}

TEST_CASE("medium problems: a sum of latency, period and energy, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  check_instances([](const PartitionProblem&) {
    Query query = each_once();
    query.objective = Objective{1, 2, 0, 0.05, 0};
    return query;
  });
}

TEST_CASE("medium problems with codecs: every measure as the objective, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  for (Metric measure : all_metrics()) {
    INFO(to_string(measure));
    check_coded_instances([&](const PartitionProblem&) {
      Query query = coded(each_once());
      query.objective = single_objective(measure);
      return query;
    });
  }
}

TEST_CASE("medium problems with codecs: under limits on error and traffic, the optimum is cbc's") {
  SCISSION_NEEDS_CBC();
  for (const bool revisits : {false, true}) {
    check_coded_instances([&](const PartitionProblem& problem) {
      Query query = coded(each_once());
      query.can_revisit = revisits;
      const PlanMetrics free = best_plan(problem, query).cost;
      query.limits.error = 0.5 * free.error;
      query.limits.disagreement = 0.6 * free.disagreement;
      query.limits.traffic_bytes = 1.2 * free.traffic_bytes;
      return query;
    });
  }
}

TEST_CASE("medium problems with codecs: latency, period and error together, as cbc has them") {
  SCISSION_NEEDS_CBC();
  check_coded_instances([](const PartitionProblem&) {
    Query query = coded(each_once());
    query.objective = Objective{1, 2, 0, 0.05, 0, 0.5, 0};
    return query;
  });
}
