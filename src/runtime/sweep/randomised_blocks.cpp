#include "runtime/sweep/randomised_blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <utility>

namespace scission::runtime {
namespace {

// The order of std::shuffle() differs between standard libraries.
template <typename Element>
void shuffle(std::vector<Element>& elements, std::mt19937_64& random) {
  for (std::size_t left = elements.size(); left > 1; --left) {
    std::swap(elements[left - 1], elements[random() % left]);
  }
}

/// One plan under one condition, over all blocks.
struct Pool {
  std::vector<double> samples;
  std::vector<double> system_seconds;  // sums over the blocks
  int blocks = 0;
};

void add_to(Pool& pool, const Measurement& measurement) {
  pool.samples.insert(pool.samples.end(), measurement.samples.begin(), measurement.samples.end());
  pool.system_seconds.resize(measurement.system_seconds.size());
  for (std::size_t i = 0; i < pool.system_seconds.size(); ++i) {
    pool.system_seconds[i] += measurement.system_seconds[i];
  }
  ++pool.blocks;
}

PlanTime time_of(Pool pool) {
  PlanTime time = plan_time_from_samples(std::move(pool.samples));
  time.system_seconds = std::move(pool.system_seconds);
  for (double& seconds : time.system_seconds) seconds /= pool.blocks;
  return time;
}

/// By condition and plan.
using Pools = std::map<std::string, std::map<std::string, Pool>>;

Pools pools_of(const std::vector<Measurement>& measurements) {
  Pools pools;
  std::vector<const Measurement*> in_order;
  for (const Measurement& measurement : measurements) {
    if (!measurement.samples.empty()) in_order.push_back(&measurement);
  }
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* one, const auto* other) { return one->block < other->block; });
  for (const Measurement* measurement : in_order) {
    add_to(pools[measurement->condition][measurement->plan], *measurement);
  }
  return pools;
}

Condition condition_of(const Sweep& sweep, const std::string& code,
                       std::map<std::string, Pool>& pools) {
  Condition condition;
  condition.levels = parse_condition_code(sweep, code);
  for (const SweepPlan& plan : sweep.plans) {
    const auto found = pools.find(plan.label);
    condition.times.push_back(found == pools.end() ? PlanTime{}
                                                   : time_of(std::move(found->second)));
  }
  return condition;
}

void add_warnings(Sweep& sweep, const std::vector<Measurement>& measurements) {
  constexpr int max_notes = 100;
  int notes = 0;
  for (const Measurement& measurement : measurements) {
    if (measurement.failure.empty() || ++notes > max_notes) continue;
    sweep.notes.push_back(fmt::format(
        "missing in block {}: {} under {}, after {} tries: {}", measurement.block + 1,
        measurement.plan, measurement.condition, measurement.tries, measurement.failure));
  }
  const SweepCounts counts = count_measurements(measurements);
  if (counts.unstable > 0) {
    sweep.notes.push_back(fmt::format("{} of {} measurements are less precise than requested",
                                      counts.unstable, counts.measured));
  }
}

}  // namespace

std::vector<ConditionRun> randomised_order(const std::vector<std::vector<int>>& conditions,
                                           std::size_t plans, int blocks, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<ConditionRun> runs;
  std::vector<std::size_t> order(plans);
  for (int block = 0; block < blocks; ++block) {
    std::vector<std::vector<int>> shuffled = conditions;
    shuffle(shuffled, random);
    for (std::vector<int>& levels : shuffled) {
      std::iota(order.begin(), order.end(), std::size_t{0});
      shuffle(order, random);
      runs.push_back({block, std::move(levels), order});
    }
  }
  return runs;
}

SweepCounts count_measurements(const std::vector<Measurement>& measurements) {
  SweepCounts counts;
  for (const Measurement& measurement : measurements) {
    if (measurement.samples.empty()) {
      ++counts.failed;
      continue;
    }
    ++counts.measured;
    if (!measurement.is_stable) ++counts.unstable;
  }
  return counts;
}

void add_measurements(Sweep& sweep, const std::vector<Measurement>& measurements) {
  Pools pools = pools_of(measurements);
  for (auto& [code, plans] : pools) {
    sweep.conditions.push_back(condition_of(sweep, code, plans));
  }
  add_warnings(sweep, measurements);
}

}  // namespace scission::runtime
