// The 95 % interval of a plan's latency, from those of its systems' times.
#include "scission/plan/plan.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace scission {
namespace {

// How often a plan runs each block on each system and begins a stage with it, [system][block]: 0 or
// 1, and their differences.
struct Coverage {
  std::vector<std::vector<int>> blocks;
  std::vector<std::vector<int>> begins;
};

void add(const PartitionProblem& problem, const Plan& plan, int sign, Coverage& coverage) {
  const std::vector<int> none(problem.blocks.size(), 0);
  coverage.blocks.resize(problem.systems.size(), none);
  coverage.begins.resize(problem.systems.size(), none);
  for (const Stage& stage : plan.stages) {
    coverage.begins[stage.system][stage.first_block] += sign;
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      coverage.blocks[stage.system][block] += sign;
    }
  }
}

bool is_any(const std::vector<int>& counts) {
  return std::any_of(counts.begin(), counts.end(), [](int count) { return count != 0; });
}

// Whether the counts are of a whole model, once.
bool is_whole(const std::vector<int>& counts) {
  return std::abs(counts.front()) == 1 && std::all_of(counts.begin(), counts.end(), [&](int count) {
           return count == counts.front();
         });
}

// The square of half the width of the interval of Σ count · time of the blocks.
double squared_half_of_blocks(const PartitionProblem& problem, int system,
                              const std::vector<int>& counts) {
  const TimeUncertainty& uncertainty = problem.uncertainty[system];
  double whole_s = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t block = 0; block < counts.size(); ++block) {
    const double seconds = counts[block] * problem.expected_s(system, static_cast<int>(block));
    const double half = uncertainty.relative[block] * seconds;
    whole_s += seconds;
    sum += half;
    squares += half * half;
  }
  if (uncertainty.relative.size() > counts.size() && is_whole(counts)) {
    const double half = uncertainty.relative.back() * whole_s;
    return half * half;
  }
  return (1 - uncertainty.correlation) * squares + uncertainty.correlation * sum * sum;
}

// The same of the setup times, which were measured one by one.
double squared_half_of_setups(const PartitionProblem& problem, int system,
                              const std::vector<int>& counts) {
  const TimeUncertainty& uncertainty = problem.uncertainty[system];
  if (uncertainty.setup.size() != counts.size()) return 0;
  double squares = 0;
  for (std::size_t block = 0; block < counts.size(); ++block) {
    const double half = counts[block] * uncertainty.setup[block] *
                        problem.expected_s(system, static_cast<int>(block));
    squares += half * half;
  }
  return squares;
}

bool is_known(const PartitionProblem& problem, std::size_t system) {
  return system < problem.uncertainty.size() &&
         problem.uncertainty[system].relative.size() >= problem.blocks.size();
}

// Empty where a system that counts has no intervals.
std::optional<double> squared_half_width(const PartitionProblem& problem,
                                         const Coverage& coverage) {
  double squares = 0;
  for (std::size_t system = 0; system < coverage.blocks.size(); ++system) {
    const auto index = static_cast<int>(system);
    const bool is_used = is_any(coverage.blocks[system]) || is_any(coverage.begins[system]);
    if (!is_used) continue;
    if (!is_known(problem, system)) return std::nullopt;
    squares += squared_half_of_blocks(problem, index, coverage.blocks[system]) +
               squared_half_of_setups(problem, index, coverage.begins[system]);
  }
  return squares;
}

// The square of half the width of what a single run of the plan varies by: the times of one system
// vary together, those of different ones independently.
double squared_half_of_a_run(const PartitionProblem& problem, const Plan& plan,
                             const PlanCost& cost) {
  std::vector<double> half_s(problem.systems.size(), 0.0);
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const int system = plan.stages[i].system;
    half_s[system] += problem.uncertainty[system].run * (cost.stage_s[i] + cost.stage_setup_s[i]);
  }
  double squares = 0;
  for (const double half : half_s) squares += half * half;
  return squares;
}

}  // namespace

std::optional<Interval> latency_interval(const PartitionProblem& problem, const Plan& plan,
                                         double input_bytes) {
  const PlanCost cost = plan_cost(problem, plan, input_bytes);
  Coverage coverage;
  add(problem, plan, 1, coverage);
  const std::optional<double> squares = squared_half_width(problem, coverage);
  if (!squares) return std::nullopt;
  const double half = std::sqrt(*squares + squared_half_of_a_run(problem, plan, cost));
  return Interval{std::max(0.0, cost.latency_s - half), cost.latency_s + half};
}

std::optional<Interval> latency_difference_interval(const PartitionProblem& problem,
                                                    const Plan& reference, const Plan& plan,
                                                    double input_bytes) {
  const double difference_s = plan_cost(problem, plan, input_bytes).latency_s -
                              plan_cost(problem, reference, input_bytes).latency_s;
  Coverage coverage;
  add(problem, plan, 1, coverage);
  add(problem, reference, -1, coverage);
  const std::optional<double> squares = squared_half_width(problem, coverage);
  if (!squares) return std::nullopt;
  const double half = std::sqrt(*squares);
  return Interval{difference_s - half, difference_s + half};
}

}  // namespace scission
