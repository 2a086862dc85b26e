#include "scission/plan/plan.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace scission {
namespace {

// How often a plan runs each block on each system, [system][block]: 0 or 1, and their differences.
using Coverage = std::vector<std::vector<int>>;

void add(const PartitionProblem& problem, const Plan& plan, int sign, Coverage& coverage) {
  coverage.resize(problem.systems.size(), std::vector<int>(problem.blocks.size(), 0));
  for (const Stage& stage : plan.stages) {
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      coverage[stage.system][block] += sign;
    }
  }
}

bool runs_any(const std::vector<int>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(), [](int count) { return count != 0; });
}

// The square of half the width of the interval of Σ count · time.
double squared_half_width(const PartitionProblem& problem, int system,
                          const std::vector<int>& blocks) {
  const TimeUncertainty& uncertainty = problem.uncertainty[system];
  double sum = 0;
  double squares = 0;
  for (std::size_t block = 0; block < blocks.size(); ++block) {
    const double half = blocks[block] * uncertainty.relative[block] *
                        problem.expected_s(system, static_cast<int>(block));
    sum += half;
    squares += half * half;
  }
  return (1 - uncertainty.correlation) * squares + uncertainty.correlation * sum * sum;
}

std::optional<double> half_width(const PartitionProblem& problem, const Coverage& coverage) {
  double squares = 0;
  for (std::size_t system = 0; system < coverage.size(); ++system) {
    if (!runs_any(coverage[system])) continue;
    const bool is_known = system < problem.uncertainty.size() &&
                          problem.uncertainty[system].relative.size() == problem.blocks.size();
    if (!is_known) return std::nullopt;
    squares += squared_half_width(problem, static_cast<int>(system), coverage[system]);
  }
  return std::sqrt(squares);
}

}  // namespace

std::optional<Interval> latency_interval(const PartitionProblem& problem, const Plan& plan,
                                         double input_bytes) {
  const double latency_s = plan_cost(problem, plan, input_bytes).latency_s;
  Coverage coverage;
  add(problem, plan, 1, coverage);
  const std::optional<double> half = half_width(problem, coverage);
  if (!half) return std::nullopt;
  return Interval{std::max(0.0, latency_s - *half), latency_s + *half};
}

std::optional<Interval> latency_difference_interval(const PartitionProblem& problem,
                                                    const Plan& reference, const Plan& plan,
                                                    double input_bytes) {
  const double difference_s = plan_cost(problem, plan, input_bytes).latency_s -
                              plan_cost(problem, reference, input_bytes).latency_s;
  Coverage coverage;
  add(problem, plan, 1, coverage);
  add(problem, reference, -1, coverage);
  const std::optional<double> half = half_width(problem, coverage);
  if (!half) return std::nullopt;
  return Interval{difference_s - *half, difference_s + *half};
}

}  // namespace scission
