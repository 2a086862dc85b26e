// Answers, models, profiles, sweeps and replays as text.
#include "scission/report.hpp"

#include <algorithm>
#include <sstream>

#include "base/text.hpp"
#include "search/two_systems.hpp"
#include "support/catch.hpp"
#include "support/small_graph.hpp"
#include "support/sweeps.hpp"

using namespace scission;
using namespace scission::testing;

namespace {

PartitionProblem known_to(double relative) {
  PartitionProblem problem = testing::two_systems();
  problem.uncertainty.assign(2, {{relative, relative, relative}, 1});
  return problem;
}

std::string table_of(const PartitionProblem& problem, std::optional<std::size_t> width) {
  const Query query;
  return format_plan_table(problem, query, search(problem, query), width);
}

std::size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) {
    longest = std::max(longest, text::character_count(line));
  }
  return longest;
}

}  // namespace

TEST_CASE("a sentence below the verdict says how sure the plans are") {
  PartitionProblem passes = known_to(0.0001);
  for (TimeUncertainty& one : passes.uncertainty) one.run = 0.0001;
  const std::string sure = table_of(passes, std::nullopt);
  CHECK(contains(sure, "\nThe latency is known within ±"));
  CHECK(contains(
      sure,
      "; the other plans below are slower, each with 95 % confidence.\nMost of the latency: "));
  CHECK(contains(table_of(known_to(0.0001), std::nullopt),
                 "; whether the next plan is slower is not known: benchmark in more passes"));
  CHECK_FALSE(contains(table_of(known_to(1e-9), std::nullopt), "e-"));
  CHECK(contains(table_of(known_to(3), std::nullopt), "; plans 2 to 4 may be as fast.\nMost of "));
  for (const std::size_t system : {0, 1}) {
    PartitionProblem unknown = known_to(0.0001);
    unknown.uncertainty[system] = {};
    CHECK(contains(table_of(unknown, std::nullopt),
                   "the profile of " + unknown.systems[system].name + " has no 95 % intervals"));
  }
  PartitionProblem unknown = known_to(0);
  unknown.uncertainty.clear();
  CHECK(contains(table_of(unknown, std::nullopt), "\nThe precision of the latency is unknown: "));
}

TEST_CASE("the table of plans begins with the verdict") {
  const std::string text = table_of(known_to(0.01), std::nullopt);
  CHECK(text.starts_with("vm alone: 1.45 s, "));
  CHECK(contains(text, "plan          latency    sent  layers\n"));
  CHECK(contains(text, "   1  1.450 ± 0.006 s  150 kB  vm alone\n"));
  CHECK(contains(text, "   2    2.60 ± 0.01 s  200 kB  pi 0–1 → vm 2–5\n"));
  CHECK_FALSE(contains(text, "told apart"));
}

TEST_CASE("a sentence says what limits the best plan, and how to see what would change it") {
  PartitionProblem problem = known_to(0.01);
  CHECK(contains(
      table_of(problem, std::nullopt),
      "\nMost of the latency: pi → vm, 58.6 % (150 kB); scission-predict --sensitivity pi,vm shows "
      "what would change the plan.\n\n"));
  problem.links[1]->megabits_per_s = 1000;
  CHECK(contains(table_of(problem, std::nullopt),
                 "% (layers 0 - 5); scission-predict --sensitivity vm shows"));
}

TEST_CASE("plans that cannot be told apart are bracketed and said so") {
  const std::string text = table_of(known_to(3), std::nullopt);
  CHECK(contains(text, "┐"));
  CHECK(contains(text, "│"));
  CHECK(contains(text, "┘"));
  CHECK(contains(text, "Plans 1 to 4 cannot be told apart"));
}

TEST_CASE("the table of plans fits every width and breaks no word") {
  for (const std::size_t width : {30, 36, 48, 60, 80, 120}) {
    CAPTURE(width);
    const std::string text = table_of(known_to(3), width);
    CHECK(longest_line(text) <= width);
    CHECK(contains(text, "pi 0–1"));
    CHECK(contains(text, "→ vm 2–5"));
  }
}

TEST_CASE("an answer's analyses are tables, and none without analyses") {
  const PartitionProblem problem = known_to(0.01);
  const Query query;
  AnalysisRequest request;
  CHECK(format_analyses(problem, query, answer_query(problem, query, request)).empty());
  request.pareto = {Metric::latency, Metric::traffic};
  request.sensitivity = {"vm"};
  request.with_runner_up = true;
  const QueryAnswer answer = answer_query(problem, query, request);
  const std::string text = format_analyses(problem, query, answer, 200);
  CHECK(contains(text, "No other plan dominates one of these in latency, traffic:\n"));
  CHECK_FALSE(contains(text, " more plan"));
  QueryAnswer twice = answer;
  twice.pareto->front.plans.push_back(answer.pareto->front.plans.front());
  CHECK(contains(format_analyses(problem, query, twice, 200),
                 "1 more plan differs from one of these by less than 1 % in each; --json lists"));
  CHECK(contains(text, "The best plan over the "));
  const std::string best = format_best_plan(problem, query, answer, 200);
  CHECK(contains(best, "Most of the latency: "));
  CHECK(contains(best, "The second best, "));
}

TEST_CASE("notes name limits on traffic, memory and shares that exclude no plan") {
  PartitionProblem problem = testing::two_systems();
  problem.memory.assign(3, {10, 5});
  Query query;
  CHECK(problem_notes(problem, query, false).warnings.empty());
  query.limits.traffic_bytes = 1e12;
  query.constraints["pi"].memory_bytes = 1e12;
  query.constraints["pi"].compute = TimeLimit{1, true};
  const TextNotes notes = problem_notes(problem, query, false);
  REQUIRE(notes.warnings.size() == 3);
  CHECK(contains(notes.warnings[0], "100 % of the compute time on pi excludes no plan"));
  CHECK(contains(notes.warnings[1], "on memory of pi excludes no plan"));
  CHECK(contains(notes.warnings[2], "on traffic excludes no plan"));
  query.limits.traffic_bytes = 1;
  query.constraints["pi"].memory_bytes = 1;
  query.constraints["pi"].compute = TimeLimit{0.5, true};
  CHECK(problem_notes(problem, query, false).warnings.empty());
}

TEST_CASE("notes name limits that no plan exceeds, whatever codecs it uses") {
  const PartitionProblem problem = coded_problem();
  for (const char* codecs : {"raw", "half", "lossy", "all"}) {
    Query query;
    if (codecs != std::string("raw")) query.codecs = {codecs};
    CAPTURE(codecs);
    for (const Metric metric : {Metric::latency, Metric::period, Metric::traffic, Metric::energy,
                                Metric::error, Metric::disagreement}) {
      Query worst = query;
      worst.result_count = 1000;
      worst.objective = single_objective(metric);
      double largest = 0;
      for (const Plan& plan : search(problem, worst).plans) {
        const PlanMetrics cost = plan_cost(problem, plan, query.input_bytes);
        largest = std::max(largest, objective_value(worst.objective, cost));
      }
      CAPTURE(to_string(metric), largest);
      Query limited = query;
      limited.limits.limit(metric) = 0.999 * largest - 1e-9;
      CHECK(problem_notes(problem, limited, false).warnings.empty());
      limited.limits.limit(metric) = 1e9;
      CHECK(problem_notes(problem, limited, false).warnings.size() == 1);
    }
  }
  Query query;
  query.max_stages = 3;
  CHECK(problem_notes(problem, query, false).warnings ==
        std::vector<std::string>{
            "the limit of 3 stages (2 cuts) excludes no plan: 2 stages are possible"});
  query = {};
  query.codecs = {"lossy"};
  query.limits.error = 0.5;
  CHECK(problem_notes(problem, query, false).warnings ==
        std::vector<std::string>{
            "the limit of 50 % on the error excludes no plan: no plan exceeds 5 %"});
}

TEST_CASE(
    "notes name systems without a profile, limits that exclude nothing and the input's size") {
  PartitionProblem problem = testing::two_systems();
  problem.model = "net";
  problem.unmeasured = {{"box", "edge"}};
  problem.input_tensor_bytes = 602112;
  Query query;
  query.constraints["pi"].upload_bytes = 1e12;
  const TextNotes notes = problem_notes(problem, query, true);
  REQUIRE(notes.warnings.size() == 2);
  CHECK(contains(notes.warnings[0], "box"));
  CHECK(contains(notes.warnings[0], "plans leave it out"));
  CHECK(contains(notes.warnings[1], "uploads of pi excludes no plan"));
  REQUIRE(notes.remarks.size() == 1);
  CHECK(contains(notes.remarks[0], "602 kB"));
  CHECK(problem_notes(problem, query, false).remarks.empty());
  QueryAnswer answer;
  answer.result.missing_links = {{"pi", "vm"}};
  answer.result.is_optimal = true;
  CHECK(answer_notes(problem, query, answer, false).warnings.front() ==
        "no link pi → vm: plans over it are left out; add a row to the network file");
  answer.result.plans.resize(1);
  query.codecs = {"all"};
  const std::string last = answer_notes(problem, query, answer, false).warnings.back();
  CHECK(contains(last, "has measured no codec of net"));
}

TEST_CASE("an analysed sweep is a section, and several are an overview") {
  AnalysedSweep sweep;
  sweep.reading.sweep = full_sweep({2, 2}, 2, [](const auto& levels, int plan) {
    return plan == 0 ? 0.1 * (1 + 2 * levels[0]) : 0.15;
  });
  sweep.reading.expected = 4;
  sweep.analysis = analyse_adaptivity(sweep.reading.sweep);
  const std::string text = format_analysis({sweep}, 0.05, false);
  CHECK(contains(text, "4 of 4 conditions, 2 plans\n"));
  CHECK(contains(text, "repartitioning gains more than 5 %"));
  CHECK(occurrences(format_analysis({sweep}, 0.05, true), "\n") > occurrences(text, "\n") + 4);
  CHECK(contains(format_analysis({sweep, sweep}, 0.05, false), text + "\n" + text + "\n"));
}

TEST_CASE("a replay is a row for each strategy") {
  ConditionTrace trace;
  trace.columns = {{ConditionColumn::Kind::slowdown, "vm"}};
  trace.times_s = {0, 5};
  trace.values = {{1}, {2}};
  const std::string text = format_replay(replay(testing::two_systems(), {}, trace), 200);
  for (const char* strategy : {"oracle", "controller", "naive", "static best"}) {
    CHECK(contains(text, strategy));
  }
}

TEST_CASE("layers and blocks are rows with their totals") {
  const ModelGraph graph = graph_of({{}, {0}, {1}});
  CutList cuts = find_cuts(graph, CutKind::single);
  const std::string layers = format_layers(graph, 200);
  CHECK(contains(layers, "layer1"));
  CHECK(occurrences(layers, "\n") == 5);
  CHECK(contains(format_blocks(graph, cuts, 200), "peak memory"));
  CHECK(contains(format_cuts(graph, cuts, 200), "v1 1×2 float32"));
  cuts.rejected = {{1, "because"}};
  CHECK(contains(format_rejections(graph, cuts, 200), "because"));
}

TEST_CASE("links are a row each, and none is no text") {
  Network network;
  CHECK(format_links(network).empty());
}

TEST_CASE("the difference is told with its interval where that is known") {
  ModelProfile model;
  model.whole_seconds = 1;
  model.blocks.resize(1);
  model.blocks[0].seconds = 1.008;
  CHECK(format_difference(model) == "+0.8 %");
  model.sum_ratio_interval = {1.008, 1.008};
  CHECK(format_difference(model) == "+0.8 %");
  model.sum_ratio_interval = {0.996, 1.019};
  CHECK(format_difference(model) == "+0.8 % (−0.4…+1.9)");
  model.sum_ratio_interval = {0.9999, 1.019};
  CHECK(format_difference(model) == "+0.8 % (+0.0…+1.9)");
}

TEST_CASE("the summary has a row for each model as it comes") {
  ModelTable table;
  ModelProfile model;
  model.model = "net";
  model.whole_seconds = 0.1;
  model.repetitions = 7;
  model.blocks.resize(1);
  model.blocks[0].block.last_layer = 4;
  model.blocks[0].seconds = 0.101;
  CHECK(table.add(model).starts_with("model              layers  blocks"));
  const std::string row = table.add(model);
  CHECK(row.starts_with("net                     5       1   100 ms"));
  CHECK(row.find("+1.0 %") != std::string::npos);
}
