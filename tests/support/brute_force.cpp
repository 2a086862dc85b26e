#include "support/brute_force.hpp"

#include <algorithm>
#include <tuple>

namespace scission::testing {
namespace {

struct Judge {
  const PartitionProblem& problem;
  const Query& query;

  const Stage* stage_on(const Plan& plan, const std::string& platform) const {
    for (const Stage& stage : plan.stages) {
      if (problem.systems[stage.system].platform == platform) return &stage;
    }
    return nullptr;
  }

  bool runs(const Stage* stage, int layer) const {
    return stage != nullptr && problem.blocks[stage->first_block].first_layer <= layer &&
           layer <= problem.blocks[stage->last_block].last_layer;
  }

  // A layer inside a block that straddles nothing: the whole block counts.
  bool keeps_layers(const Plan& plan, const std::string& platform, const Criteria& criteria) const {
    const Stage* stage = stage_on(plan, platform);
    for (int layer : criteria.layers) {
      if (!runs(stage, layer)) return false;
    }
    for (int layer : criteria.excluded_layers) {
      if (runs(stage, layer)) return false;
    }
    return !criteria.used || *criteria.used == (stage != nullptr);
  }

  bool keeps_names(const Plan& plan, const std::string& platform, const Criteria& criteria) const {
    const Stage* stage = stage_on(plan, platform);
    std::vector<std::string> involved;
    if (stage != nullptr) involved.push_back(problem.systems[stage->system].name);
    const System& source = problem.systems[plan.source];
    if (source.platform == platform) involved.push_back(source.name);
    const auto in = [&](const std::vector<std::string>& names, const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const std::string& name : involved) {
      if (in(criteria.excluded_systems, name)) return false;
      if (!criteria.systems.empty() && !in(criteria.systems, name)) return false;
    }
    return criteria.systems.empty() || stage != nullptr;
  }

  bool keeps_limits(const PlanCost& total, const Plan& plan, const std::string& platform,
                    const PlatformConstraints& constraints) const {
    for (const Hop& hop : total.hops) {
      const bool leaves_here = problem.systems[hop.from].platform == platform;
      if (leaves_here && constraints.upload_bytes && hop.bytes > *constraints.upload_bytes) {
        return false;
      }
    }
    if (!constraints.compute) return true;
    double here = 0;
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      if (problem.systems[plan.stages[i].system].platform == platform) here += total.stage_s[i];
    }
    const double most = constraints.compute->is_share ? constraints.compute->value * total.compute_s
                                                      : constraints.compute->value;
    return here <= most;
  }

  bool fits(const Plan& plan, const PlanCost& total) const {
    return std::all_of(query.platforms.begin(), query.platforms.end(), [&](const auto& entry) {
      return keeps_layers(plan, entry.first, entry.second.criteria) &&
             keeps_names(plan, entry.first, entry.second.criteria) &&
             keeps_limits(total, plan, entry.first, entry.second);
    });
  }

  bool is_linked(const Plan& plan) const {
    int at = plan.source;
    for (const Stage& stage : plan.stages) {
      if (stage.system != at && !problem.link(at, stage.system)) return false;
      at = stage.system;
    }
    return true;
  }
};

// Appends every way to run blocks next_block… on systems of platforms after `platform`.
void extend(const PartitionProblem& problem, Plan& plan, int next_block, int platform,
            std::vector<Plan>& all) {
  if (next_block == problem.block_count()) {
    all.push_back(plan);
    return;
  }
  for (int system = 0; system < problem.system_count(); ++system) {
    const bool first_elsewhere = plan.stages.empty() && system != plan.source &&
                                 problem.platform_of(system) == problem.platform_of(plan.source);
    if (problem.platform_of(system) <= platform || first_elsewhere) continue;
    for (int last = next_block; last < problem.block_count(); ++last) {
      plan.stages.push_back({system, next_block, last});
      extend(problem, plan, last + 1, problem.platform_of(system), all);
      plan.stages.pop_back();
    }
  }
}

std::vector<int> choices(const Plan& plan) {
  std::vector<int> list{plan.source};
  for (const Stage& stage : plan.stages) {
    list.push_back(stage.system);
    list.push_back(stage.last_block);
  }
  return list;
}

}  // namespace

std::vector<Plan> every_plan(const PartitionProblem& problem, const Query& query) {
  std::vector<Plan> all;
  for (int source = 0; source < problem.system_count(); ++source) {
    if (problem.platform_of(source) != problem.source_platform()) continue;
    Plan plan{source, {}};
    extend(problem, plan, 0, -1, all);
  }
  const Judge judge{problem, query};
  std::vector<std::pair<double, Plan>> fitting;
  for (const Plan& plan : all) {
    if (!judge.is_linked(plan)) continue;
    const PlanCost total = cost(problem, plan, query.input_bytes);
    if (judge.fits(plan, total)) fitting.emplace_back(total.latency_s, plan);
  }
  std::sort(fitting.begin(), fitting.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first, a.second.stages.size(), choices(a.second)) <
           std::tuple(b.first, b.second.stages.size(), choices(b.second));
  });
  std::vector<Plan> plans;
  for (auto& entry : fitting) plans.push_back(std::move(entry.second));
  return plans;
}

}  // namespace scission::testing
