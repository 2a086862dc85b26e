#include "adapt/sweep/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace scission::sweep {
namespace {

/// One plan under one condition, over all blocks.
struct Pool {
  std::vector<double> samples;
  std::vector<double> system_seconds;  // summed up
  int blocks = 0;
};

void add(Pool& pool, const Measurement& measurement) {
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

using Pools = std::map<std::string, std::map<std::string, Pool>>;  // by condition and plan

Pools pools_of(const std::vector<Measurement>& measurements) {
  Pools pools;
  std::vector<const Measurement*> in_order;
  for (const Measurement& measurement : measurements) {
    if (!measurement.samples.empty()) in_order.push_back(&measurement);
  }
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const auto* one, const auto* other) { return one->block < other->block; });
  for (const Measurement* measurement : in_order) {
    add(pools[measurement->condition][measurement->plan], *measurement);
  }
  return pools;
}

Condition condition_of(const Sweep& grid, const std::string& code,
                       std::map<std::string, Pool>& pools) {
  Condition condition;
  condition.levels = parse_condition_code(grid, code);
  for (const SweepPlan& plan : grid.plans) {
    const auto found = pools.find(plan.label);
    condition.times.push_back(found == pools.end() ? PlanTime{}
                                                   : time_of(std::move(found->second)));
  }
  return condition;
}

void note_doubts(Sweep& grid, const std::vector<Measurement>& measurements) {
  constexpr int most = 100;
  int told = 0;
  for (const Measurement& measurement : measurements) {
    if (measurement.failure.empty() || ++told > most) continue;
    grid.notes.push_back(fmt::format("missing in block {}: {} under {}, after {} tries: {}",
                                     measurement.block + 1, measurement.plan, measurement.condition,
                                     measurement.tries, measurement.failure));
  }
  const SweepCounts counts = count(measurements);
  if (counts.unstable > 0) {
    grid.notes.push_back(fmt::format("{} of {} measurements are less precise than they were to be",
                                     counts.unstable, counts.measured));
  }
}

}  // namespace

Sweep empty_grid(const std::string& model, const std::vector<SweepFactor>& factors,
                 const std::vector<std::string>& systems, const std::vector<RoutePlan>& plans) {
  Sweep grid;
  grid.model = model;
  grid.systems = systems;
  for (const SweepFactor& factor : factors) grid.factors.push_back(factor.factor);
  for (const RoutePlan& plan : plans) {
    grid.plans.push_back({label_of(plan), static_cast<int>(plan.size()) - 1});
  }
  return grid;
}

SweepCounts count(const std::vector<Measurement>& measurements) {
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

void fill(Sweep& grid, const std::vector<Measurement>& measurements) {
  Pools pools = pools_of(measurements);
  for (auto& [code, plans] : pools) {
    grid.conditions.push_back(condition_of(grid, code, plans));
  }
  note_doubts(grid, measurements);
}

}  // namespace scission::sweep
