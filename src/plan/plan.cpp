#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"

namespace scission {
namespace {

constexpr double seconds_per_hour = 3600;

void require_system(const PartitionProblem& problem, int system) {
  require_in(problem.systems, system, "system", "plan for " + problem.model);
}

void require_cover(const PartitionProblem& problem, const Plan& plan) {
  require_system(problem, plan.source);
  if (plan.destination) require_system(problem, *plan.destination);
  for (const Stage& stage : plan.stages) require_system(problem, stage.system);
  int next_block = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.first_block != next_block || stage.last_block < stage.first_block) break;
    next_block = stage.last_block + 1;
  }
  if (next_block != problem.block_count()) {
    throw_invalid_argument(
        fmt::format("the stages must cover blocks 0 to {} in order", problem.block_count() - 1),
        "plan for " + problem.model);
  }
}

Hop make_hop(const PartitionProblem& problem, int from, int to, double bytes) {
  const std::optional<Link>& link = problem.link(from, to);
  if (!link) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no link from {} to {}", problem.systems[from].name, problem.systems[to].name),
        "plan for " + problem.model);
  }
  return {from, to, bytes, link->transfer_s(bytes)};
}

double stage_seconds(const PartitionProblem& problem, const Stage& stage) {
  double seconds = 0;
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    seconds += problem.block_s.at(stage.system).at(block);
  }
  return seconds;
}

void add_hop(const PartitionProblem& problem, int from, int to, double bytes, PlanCost& total) {
  if (from == to) return;
  total.hops.push_back(make_hop(problem, from, to, bytes));
  total.transfer_s += total.hops.back().seconds;
  total.traffic_bytes += bytes;
}

// A system runs one stage at a time, and a directed link sends one tensor at a time, so repeated
// visits add up. Bytes in flight block nothing.
double period_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  std::map<std::pair<int, int>, double> busy_s;  // by link; a system as a pair with itself
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    busy_s[{plan.stages[i].system, plan.stages[i].system}] += total.stage_s[i];
  }
  for (const Hop& hop : total.hops) {
    busy_s[{hop.from, hop.to}] += problem.link(hop.from, hop.to)->busy_s(hop.bytes);
  }
  double longest = 0;
  for (const auto& [of, seconds] : busy_s) longest = std::max(longest, seconds);
  return longest;
}

// What a plan consumes in proportion to its seconds and bytes.
struct Tariff {
  std::optional<double> System::*system_rate;
  double rate_unit_s;  // the time for which a system's rate is stated
  std::optional<double> Link::*per_byte;
};

constexpr Tariff energy_tariff{
    .system_rate = &System::power_w, .rate_unit_s = 1, .per_byte = &Link::joules_per_byte};
constexpr Tariff money_tariff{.system_rate = &System::price_per_hour,
                              .rate_unit_s = seconds_per_hour,
                              .per_byte = &Link::price_per_byte};

double stages_charge(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
                     const Tariff& tariff) {
  double sum = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const System& system = problem.systems[plan.stages[i].system];
    sum +=
        total.stage_s[i] / tariff.rate_unit_s * (system.*tariff.system_rate).value_or(not_a_number);
  }
  return sum;
}

bool any_link_states(const PartitionProblem& problem, std::optional<double> Link::*figure) {
  return std::any_of(problem.links.begin(), problem.links.end(),
                     [&](const std::optional<Link>& link) { return link && (*link).*figure; });
}

// The charge of a plan, NaN where a figure that it needs is not known. Where no link of the problem
// states the figure, sending is free.
double charge(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
              const Tariff& tariff) {
  double sum = stages_charge(problem, plan, total, tariff);
  if (!any_link_states(problem, tariff.per_byte)) return sum;
  for (const Hop& hop : total.hops) {
    const Link& link = *problem.link(hop.from, hop.to);
    sum += hop.bytes * (link.*tariff.per_byte).value_or(not_a_number);
  }
  return sum;
}

}  // namespace

double plan_memory_bytes(const PartitionProblem& problem, const Plan& plan, int system) {
  require_system(problem, system);
  if (problem.memory.empty()) {
    throw_invalid_argument(
        "no profile states the memory of the blocks; benchmark the model with "
        "scission-benchmark",
        "model " + problem.model);
  }
  double weights = 0;
  double activations = 0;
  for (const Stage& stage : plan.stages) {
    if (stage.system != system) continue;
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      weights += problem.memory.at(block).weight_bytes;
      activations = std::max(activations, problem.memory.at(block).activation_bytes);
    }
  }
  return weights + activations;
}

PlanCost plan_cost(const PartitionProblem& problem, const Plan& plan, double input_bytes) {
  require_cover(problem, plan);
  PlanCost total;
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    add_hop(problem, at, stage.system, problem.bytes_into(stage.first_block, input_bytes), total);
    at = stage.system;
    total.stage_s.push_back(stage_seconds(problem, stage));
    total.compute_s += total.stage_s.back();
  }
  if (plan.destination) {
    add_hop(problem, at, *plan.destination, problem.bytes_into(problem.block_count(), input_bytes),
            total);
  }
  total.latency_s = total.compute_s + total.transfer_s;
  total.period_s = period_of(problem, plan, total);
  total.energy_j = charge(problem, plan, total, energy_tariff);
  total.money = charge(problem, plan, total, money_tariff);
  return total;
}

}  // namespace scission
