// What a plan costs: its latency, period, traffic, energy and money, and the memory that it needs.
// docs/design.md has the formulas.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "plan/plan_costs.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission {
namespace {

using BusyTime = PlanCosts::BusyTime;

void require_system(const PartitionProblem& problem, int system) {
  if (system >= 0 && system < problem.system_count()) return;  // without making the text
  require_in(problem.systems, system, "system", "plan for " + problem.model);
}

void require_cover(const PartitionProblem& problem, const Plan& plan) {
  require_system(problem, plan.source);
  if (plan.destination) {
    require_system(problem, *plan.destination);
    if (!problem.exit_shares.empty()) {
      throw_invalid_argument("early answers have no way to a destination; leave out exit shares",
                             "plan for " + problem.model);
    }
  }
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
  if (!plan.codecs.empty() && plan.codecs.size() != plan.stages.size() + 1) {
    throw_invalid_argument("codecs must be one for each stage and one for the output",
                           "plan for " + problem.model);
  }
}

// Replaces the raw size, and adds the times of coding.
void code(const PartitionProblem& problem, int codec, int into, Hop& hop) {
  const CodecCosts& costs =
      problem.codecs[require_in(problem.codecs, codec, "codec", "plan for " + problem.model)];
  hop.codec = codec;
  hop.bytes = costs.bytes.at(into);
  const double encode_s = costs.encode_s.at(hop.from).at(into);
  const double decode_s = costs.decode_s.at(hop.to).at(into);
  if (!std::isfinite(hop.bytes + encode_s + decode_s)) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("codec {} was not measured where it is used between {} and {}", costs.name,
                    problem.systems[hop.from].name, problem.systems[hop.to].name),
        "plan for " + problem.model);
  }
  hop.encode_s = hop.share * encode_s;
  hop.decode_s = hop.share * decode_s;
}

// Into block `into`.
Hop make_hop(const PartitionProblem& problem, int from, int to, int into, int codec,
             double input_bytes) {
  const std::optional<Link>& link = problem.link(from, to);
  if (!link) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no link from {} to {}", problem.systems[from].name, problem.systems[to].name),
        "plan for " + problem.model);
  }
  Hop hop{from, to, problem.bytes_into(into, input_bytes), problem.reach(into)};
  if (codec != Plan::raw) code(problem, codec, into, hop);
  hop.seconds = hop.share * link->transfer_s(hop.bytes);
  return hop;
}

double stage_seconds(const PartitionProblem& problem, const Stage& stage) {
  const std::vector<double>& block_s = problem.block_s.at(stage.system);
  const bool may_end_early = !problem.exit_shares.empty();
  double seconds = 0;
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    seconds += (may_end_early ? problem.reach(block) : 1) * block_s.at(block);
  }
  return seconds;
}

void add_hop(const PartitionProblem& problem, int from, int to, int into, int codec,
             double input_bytes, PlanCost& total) {
  if (from == to) return;
  const Hop& hop = total.hops.emplace_back(make_hop(problem, from, to, into, codec, input_bytes));
  total.transfer_s += hop.seconds;
  total.traffic_bytes += hop.share * hop.bytes;
  if (codec == Plan::raw) return;
  const CodecCosts& costs = problem.codecs[codec];
  total.coding_s += hop.encode_s + hop.decode_s;
  total.error += costs.error.empty() ? 0 : costs.error.at(into);
  total.disagreement += costs.disagreement.empty() ? 0 : costs.disagreement.at(into);
}

// By link, a system as a pair with itself; equal pairs in the order of the plan, so that sums do
// not depend on the sorting.
void sort_busy_times(std::vector<BusyTime>& busy_s) {
  std::sort(busy_s.begin(), busy_s.end(), [](const BusyTime& a, const BusyTime& b) {
    return std::pair(a.pair, a.number) < std::pair(b.pair, b.number);
  });
}

// A system runs one stage or codes one tensor at a time, and a directed link sends one tensor at a
// time, so repeated visits add up. Bytes in flight block nothing.
double period_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
                 std::vector<BusyTime>& busy_s) {
  busy_s.clear();
  const auto add = [&](int from, int to, double seconds) {
    const std::size_t pair =
        static_cast<std::size_t>(from) * problem.systems.size() + static_cast<std::size_t>(to);
    busy_s.push_back({pair, busy_s.size(), seconds});
  };
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    add(plan.stages[i].system, plan.stages[i].system, total.stage_s[i]);
  }
  for (const Hop& hop : total.hops) {
    add(hop.from, hop.to, hop.share * problem.link(hop.from, hop.to)->busy_s(hop.bytes));
    if (hop.codec == Plan::raw) continue;
    add(hop.from, hop.from, hop.encode_s);
    add(hop.to, hop.to, hop.decode_s);
  }
  sort_busy_times(busy_s);
  double longest = 0;
  double sum = 0;
  for (std::size_t i = 0; i < busy_s.size(); ++i) {
    const bool is_same = i > 0 && busy_s[i].pair == busy_s[i - 1].pair;
    sum = busy_s[i].seconds + (is_same ? sum : 0);
    longest = std::max(longest, sum);
  }
  return longest;
}

// The rates of what a plan consumes in proportion to its seconds and bytes.
struct UsageRates {
  std::optional<double> System::*system_rate;
  double rate_unit_s;  // the time for which a system's rate is stated
  std::optional<double> Link::*per_byte;
};

constexpr UsageRates energy_rates{
    .system_rate = &System::power_w, .rate_unit_s = 1, .per_byte = &Link::joules_per_byte};
constexpr UsageRates money_rates{.system_rate = &System::price_per_hour,
                                 .rate_unit_s = seconds_per_hour,
                                 .per_byte = &Link::price_per_byte};

double charge_of_systems(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
                         const UsageRates& rates) {
  double sum = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const System& system = problem.systems[plan.stages[i].system];
    sum += (total.stage_s[i] + total.stage_setup_s[i]) / rates.rate_unit_s *
           (system.*rates.system_rate).value_or(not_a_number);
  }
  const auto rate_of = [&](int system) {
    return (problem.systems[system].*rates.system_rate).value_or(not_a_number);
  };
  for (const Hop& hop : total.hops) {
    if (hop.codec == Plan::raw) continue;
    sum += hop.encode_s / rates.rate_unit_s * rate_of(hop.from) +
           hop.decode_s / rates.rate_unit_s * rate_of(hop.to);
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
              const UsageRates& rates) {
  double sum = charge_of_systems(problem, plan, total, rates);
  if (std::isnan(sum)) return sum;  // without a look at all links
  if (!any_link_states(problem, rates.per_byte)) return sum;
  for (const Hop& hop : total.hops) {
    const Link& link = *problem.link(hop.from, hop.to);
    sum += hop.share * hop.bytes * (link.*rates.per_byte).value_or(not_a_number);
  }
  return sum;
}

// `total` and `busy_s` keep their memory from plan to plan.
void compute(const PartitionProblem& problem, const Plan& plan, double input_bytes, PlanCost& total,
             std::vector<BusyTime>& busy_s) {
  require_cover(problem, plan);
  total.stage_s.clear();
  total.stage_setup_s.clear();
  total.hops.clear();
  static_cast<PlanMetrics&>(total) = PlanCost();
  int at = plan.source;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Stage& stage = plan.stages[i];
    add_hop(problem, at, stage.system, stage.first_block, plan.codec(i), input_bytes, total);
    at = stage.system;
    total.stage_s.push_back(stage_seconds(problem, stage));
    total.stage_setup_s.push_back(problem.expected_setup_s(stage.system, stage.first_block));
    total.compute_s += total.stage_s.back();
    total.setup_s += total.stage_setup_s.back();
  }
  if (plan.destination) {
    add_hop(problem, at, *plan.destination, problem.block_count(), plan.codec(plan.stages.size()),
            input_bytes, total);
  }
  total.latency_s = total.compute_s + total.setup_s + total.transfer_s + total.coding_s;
  total.period_s = period_of(problem, plan, total, busy_s);
  total.energy_j = charge(problem, plan, total, energy_rates);
  total.money = charge(problem, plan, total, money_rates);
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
  PlanCost total;
  std::vector<BusyTime> busy_s;
  compute(problem, plan, input_bytes, total, busy_s);
  return total;
}

const PlanCost& PlanCosts::of(const Plan& plan) {
  compute(problem_, plan, input_bytes_, total_, busy_s_);
  return total_;
}

}  // namespace scission
