// The search compared with other methods, on the same instances in one run.
//
//   compare-search                  all three tables
//   compare-search methods          ours, Boost.Graph, a MILP and enumeration: time and cost
//   compare-search hard             independent costs, each system once, one second
//   compare-search memory [TARGET]  peak resident memory, each in a separate process
//
// Times are CPU seconds, medians of runs. Ends with 1 when two methods disagree about the cost.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "instances.hpp"
#include "methods.hpp"
#include "peak_memory.hpp"
#include "questions.hpp"
#include "scission/base.hpp"
#include "scission/stats.hpp"

namespace {

using namespace scission;
using namespace scission::bench;

constexpr double method_time_limit_s = 20;
constexpr unsigned seed = 1;

struct Size {
  int blocks;
  int systems;
};

// Fast methods run repeatedly: the median of up to 11 runs within a second.
Attempt median_attempt(const Method& method, const Question& question) {
  std::vector<double> seconds;
  double spent_s = 0;
  Attempt attempt;
  do {
    attempt = method.run(question.problem, question.query, method_time_limit_s);
    seconds.push_back(attempt.cpu_s);
    spent_s += attempt.cpu_s;
  } while (attempt.end == Attempt::End::answered && seconds.size() < 11 && spent_s < 1);
  attempt.cpu_s = median(seconds);
  return attempt;
}

std::string time_text(const Attempt& attempt) {
  switch (attempt.end) {
    case Attempt::End::answered:
      return format_duration(attempt.cpu_s);
    case Attempt::End::out_of_time:
      return attempt.cpu_s < method_time_limit_s ? "out of memory" : "> 20 s";
    case Attempt::End::not_asked:
      return "not asked";
    case Attempt::End::not_installed:
      return "absent";
  }
  return {};
}

// Runs every method on one question; false when costs differ.
bool compare(const std::string& kind, const Question& question) {
  double agreed = NAN;
  bool is_same = true;
  for (const Method& method : methods()) {
    const Attempt attempt = median_attempt(method, question);
    double value = NAN;
    if (attempt.end == Attempt::End::answered && attempt.plan) {
      value = plan_cost(question.problem, *attempt.plan, question.query.input_bytes).latency_s;
      if (std::isnan(agreed)) agreed = value;
      is_same = is_same && std::fabs(value - agreed) <= 1e-6 * agreed;
    }
    fmt::print("{:>5} × {:<4} {:<32} {:<12} {:>13} {:>16}\n", question.problem.block_count(),
               question.problem.system_count(), kind, method.name, time_text(attempt),
               std::isnan(value) ? "" : fmt::format("{:.9f} s", value));
    std::fflush(stdout);
  }
  if (!is_same) fmt::print("      the methods disagree\n");
  return is_same;
}

bool compare_methods() {
  fmt::print("{:>5} × {:<4} {:<32} {:<12} {:>13} {:>16}\n", "blk", "sys", "top 1, in any order",
             "method", "median (CPU)", "cost");
  bool is_same = true;
  for (const Size& size : {Size{8, 4}, {12, 5}, {20, 6}, {40, 10}, {100, 10}, {200, 20}}) {
    const auto cnn = [&] { return cnn_like(size.blocks, size.systems, seed); };
    is_same &= compare("cnn, revisits", {cnn(), any_order(1, true)});
    is_same &= compare("cnn, each once", {cnn(), any_order(1, false)});
    is_same &= compare("cnn, each once, three limits", with_limits(cnn(), 1));
    is_same &= compare("independent, each once",
                       {independent_costs(size.blocks, size.systems, seed), any_order(1, false)});
  }
  return is_same;
}

// One size of the hard kind: results after one second, over several instances.
void show_hard_case(const Size& size) {
  constexpr unsigned instances = 9;
  std::vector<double> seconds;
  std::vector<double> gaps;
  int proven = 0;
  for (unsigned instance = 1; instance <= instances; ++instance) {
    const PartitionProblem problem = independent_costs(size.blocks, size.systems, instance);
    const Query query = any_order(1, false);
    SearchOptions options;
    options.time_limit_s = 1;
    const double start_s = own_cpu_s();
    const SearchResult result = search(problem, query, options);
    seconds.push_back(own_cpu_s() - start_s);
    gaps.push_back(100 * relative_gap(problem, query, result));
    if (result.is_optimal) ++proven;
  }
  fmt::print("{:>5} × {:<4} {:>13} {:>6}/{} {:>10.2f} % {:>8.2f} %\n", size.blocks, size.systems,
             format_duration(median(seconds)), proven, instances, median(gaps),
             *std::max_element(gaps.begin(), gaps.end()));
  std::fflush(stdout);
}

void show_hard_cases() {
  fmt::print("\nindependent costs, links almost free, each once, top 1, one second\n");
  fmt::print("{:>5} × {:<4} {:>13} {:>8} {:>12} {:>10}\n", "blk", "sys", "median (CPU)", "proven",
             "median gap", "worst gap");
  for (const Size& size : {Size{20, 6}, {40, 10}, {100, 10}, {200, 20}, {1000, 64}}) {
    show_hard_case(size);
  }
}

void show_memory() {
  fmt::print("\n{:<62} {:>12}\n", "target", "peak memory");
  for (const Target& target : targets()) {
    const std::optional<PeakMemory> peak = peak_memory_of(target.name);
    fmt::print("{:<62} {:>12}{}\n", target.what, peak ? format_bytes(peak->bytes) : "failed",
               peak && !peak->is_proven ? "  not proven" : "");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string part = argc > 1 ? argv[1] : "";
  try {
    if (part == "memory" && argc > 2) return print_peak_memory(argv[2]) ? 0 : 2;
    const bool is_same = (!part.empty() && part != "methods") || compare_methods();
    if (part.empty() || part == "hard") show_hard_cases();
    if (part.empty() || part == "memory") show_memory();
    return is_same ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "compare-search: {}\n", error.what());
    return 1;
  }
}
