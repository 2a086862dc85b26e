// CPU time of the search in one thread: the table of targets, and growth.
//
//   bench-search [--benchmark_...]                   everything
//   bench-search --benchmark_filter=target           the table of targets
//   bench-search --benchmark_filter=by_              growth with blocks, systems and results
//
// Every figure is CPU time, the median of repetitions on one instance; the tables at the end have
// the median and the worst of these over the instances.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>

#include "instances.hpp"
#include "questions.hpp"
#include "scission/search/search.hpp"
#include "summary_reporter.hpp"

namespace {

using namespace scission;
using namespace scission::bench;

constexpr int repetitions = 5;
constexpr int growth_instances = 3;
constexpr double time_limit_s = 10;

// The counter `proven` is 0 for a search that reaches the time limit.
void search_again_and_again(benchmark::State& state, const Question& question) {
  SearchOptions options;
  options.time_limit_s = time_limit_s;
  bool is_proven = true;
  for (auto _ : state) {
    const SearchResult result = search(question.problem, question.query, options);
    is_proven = is_proven && result.is_optimal && !result.plans.empty();
  }
  state.counters["proven"] = is_proven ? 1 : 0;
}

struct Change {
  int from;
  int to;
  Link link;
};

// Every second change hits the hop that the best plan begins with, the others any link.
std::vector<Change> link_changes(const Question& question) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> system(0, question.problem.system_count() - 1);
  std::uniform_real_distribution<double> megabits_per_s(1, 1000);
  const Plan best = search(question.problem, question.query).plans.at(0);
  const PlanCost total = plan_cost(question.problem, best, question.query.input_bytes);
  std::vector<Change> changes;
  for (int i = 0; i < 64; ++i) {
    Change change{system(random), system(random), {10, megabits_per_s(random)}};
    if (i % 2 == 0 && !total.hops.empty()) {
      change.from = total.hops.front().from;
      change.to = total.hops.front().to;
    }
    changes.push_back(change);
  }
  return changes;
}

void plan_again_and_again(benchmark::State& state, const Question& question) {
  const std::vector<Change> changes = link_changes(question);
  Planner planner(PartitionProblem(question.problem), question.query);
  planner.plan();
  std::size_t next = 0;
  bool is_proven = true;
  for (auto _ : state) {
    const Change& change = changes[next++ % changes.size()];
    planner.set_link(change.from, change.to, change.link);
    is_proven = planner.plan().is_optimal && is_proven;
  }
  state.counters["proven"] = is_proven ? 1 : 0;
}

void run_target(benchmark::State& state, const Target& target) {
  const Question question = target.make(static_cast<unsigned>(state.range(0)));
  if (target.is_replanned) {
    plan_again_and_again(state, question);
  } else {
    search_again_and_again(state, question);
  }
}

void register_targets() {
  for (const Target& target : targets()) {
    benchmark::RegisterBenchmark(("target/" + target.name).c_str(), run_target, target)
        ->ArgName("seed")
        ->DenseRange(1, target.instance_count)
        ->MinTime(0.05)
        ->Repetitions(repetitions)
        ->Unit(benchmark::kMicrosecond);
  }
}

// In any order with revisits; what grows is the benchmark's first argument, the second the seed.
void by_blocks(benchmark::State& state) {
  const auto seed = static_cast<unsigned>(state.range(1));
  search_again_and_again(
      state, {cnn_like(static_cast<int>(state.range(0)), 16, seed), any_order(10, true)});
}

void by_systems(benchmark::State& state) {
  const auto seed = static_cast<unsigned>(state.range(1));
  search_again_and_again(
      state, {cnn_like(200, static_cast<int>(state.range(0)), seed), any_order(10, true)});
}

void by_results(benchmark::State& state) {
  const auto seed = static_cast<unsigned>(state.range(1));
  search_again_and_again(
      state, {cnn_like(200, 16, seed), any_order(static_cast<int>(state.range(0)), true)});
}

void register_growth(const char* name, void (*run)(benchmark::State&),
                     const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> seeds;
  for (int seed = 1; seed <= growth_instances; ++seed) seeds.push_back(seed);
  benchmark::RegisterBenchmark(name, run)
      ->ArgNames({"", "seed"})
      ->ArgsProduct({sizes, seeds})
      ->MinTime(0.02)
      ->Repetitions(repetitions)
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  register_targets();
  register_growth("by_blocks", by_blocks, {64, 256, 1024, 4096, 16384});
  register_growth("by_systems", by_systems, {4, 8, 16, 32, 64, 128});
  register_growth("by_results", by_results, {1, 10, 100, 1000, 10'000});
  SummaryReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.print_summary();
}
