// By how much systems take longer in runs than in the plans.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scission/base.hpp"
#include "scission/runtime/run/run_plans.hpp"

namespace scission::runtime {
namespace {

/// A stage: what the system's profile states for it, and what it took, in seconds.
struct StageTime {
  double profile_s = 0;
  double measured_s = 0;
};

using StageTimes = std::map<std::string, std::vector<StageTime>>;  ///< by system

bool teaches(const PlanRun& run) {
  return run.switches.empty() && !run.plan.is_mean() && std::isfinite(run.summary.latency.median);
}

void add_stages(const PlanRun& run, const Corrections& applied, StageTimes& systems) {
  auto hop = run.summary.hops.begin();
  for (const TimelineItem& item : run.plan.items) {
    if (item.is_transfer) continue;
    if (hop == run.summary.hops.end()) return;
    const double measured_s = (hop++)->compute.median;
    const SystemCorrection before = applied.of(item.system);
    const double profile_s = (item.seconds - before.stage_s) / before.factor;
    const bool is_known = std::isfinite(measured_s) && measured_s > 0 && profile_s >= 0;
    if (is_known) systems[item.system].push_back({profile_s, measured_s});
  }
}

/// Bayesian linear regression, measured = factor · profile + stage_s: the prior expects what was
/// applied before, to these standard deviations, so that a short stage shows hardly anything of the
/// factor, and a long one hardly anything of what each stage takes.
SystemCorrection fitted(const SystemCorrection& before, const std::vector<StageTime>& stages) {
  constexpr double factor_deviation = 0.2;
  constexpr double stage_deviation_s = 1e-3;
  double a = 1 / (factor_deviation * factor_deviation);  // the normal equations: a b; b c
  double b = 0;
  double c = 1 / (stage_deviation_s * stage_deviation_s);
  double u = 0;
  double v = 0;
  for (const StageTime& stage : stages) {
    const double noise_s = 2e-5 + 0.02 * stage.measured_s;
    const double weight = 1 / (noise_s * noise_s);
    const double rest_s = stage.measured_s - before.factor * stage.profile_s - before.stage_s;
    a += weight * stage.profile_s * stage.profile_s;
    b += weight * stage.profile_s;
    c += weight;
    u += weight * stage.profile_s * rest_s;
    v += weight * rest_s;
  }
  double more_s = (a * v - b * u) / (a * c - b * b);
  more_s = std::max(more_s, -before.stage_s);  // no stage takes less than its blocks
  const double factor = before.factor + (u - b * more_s) / a;
  constexpr double min_factor = 0.01;
  return {before.system, std::max(factor, min_factor), before.stage_s + more_s,
          static_cast<int>(stages.size())};
}

}  // namespace

Corrections learn_corrections(const std::string& model, const std::vector<PlanRun>& runs,
                              const std::vector<SystemCorrection>& applied,
                              const std::set<std::string>& left_out) {
  const Corrections before{model, applied};
  StageTimes systems;
  for (const PlanRun& run : runs) {
    if (teaches(run)) add_stages(run, before, systems);
  }
  Corrections learned{model, {}};
  for (const auto& [name, stages] : systems) {
    if (left_out.contains(name)) continue;
    learned.systems.push_back(fitted(before.of(name), stages));
  }
  return learned;
}

std::set<std::string> systems_with_other_pause(const std::map<std::string, double>& pauses_s,
                                               const std::vector<PlanTimeline>& plans,
                                               const LoadOptions& load) {
  const auto is_another = [&](double profile_s) {
    if (load.requests_per_s > 0) return profile_s == 0 || profile_s > 1 / load.requests_per_s;
    return std::max(profile_s, load.pause_s) > 2 * std::min(profile_s, load.pause_s);
  };
  std::set<std::string> others;
  for (const PlanTimeline& plan : plans) {
    for (const std::string& system : plan.systems()) {
      const auto known = pauses_s.find(system);
      if (known != pauses_s.end() && is_another(known->second)) others.insert(system);
    }
  }
  return others;
}

std::string format_pause_mismatch(const std::map<std::string, double>& pauses_s,
                                  const std::set<std::string>& systems, const LoadOptions& load) {
  if (systems.empty()) return {};
  std::string names;
  for (const std::string& name : systems) {
    const double pause_s = pauses_s.at(name);
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", name,
                         pause_s > 0 ? fmt::format("--pause {:g}", pause_s) : "no pause");
  }
  const std::string now = load.requests_per_s > 0 ? fmt::format("--rate {:g}", load.requests_per_s)
                          : load.pause_s > 0      ? fmt::format("--pause {:g}", load.pause_s)
                                                  : "no pause";
  return fmt::format(
      "--learn: nothing can be learned of {}: requests are sent with {}, and a machine that waits "
      "is slower than a busy one; send them as the benchmarks ran",
      names, now);
}

std::string format_corrections(const Corrections& corrections) {
  constexpr double noticeable_s = 1e-6;
  std::string text;
  for (const SystemCorrection& one : corrections.systems) {
    text += text.empty() ? fmt::format("{} takes {:.2f} times as long as benchmarked", one.system,
                                       one.factor)
                         : fmt::format("; {} {:.2f} times", one.system, one.factor);
    if (one.stage_s < noticeable_s) continue;
    text += fmt::format(", and {} more for each stage", format_duration(one.stage_s));
  }
  return text;
}

std::string format_planned_and_measured(const std::vector<PlanRun>& runs) {
  std::string text;
  for (const PlanRun& run : runs) {
    const double measured_s = run.summary.latency.median;
    text += fmt::format("{}: planned {}, took {} ({:+.1f} %)\n", run.plan.route_to_destination(),
                        format_duration(run.plan.latency_s), format_duration(measured_s),
                        100 * relative_error(measured_s, run.plan.latency_s));
  }
  return text;
}

}  // namespace scission::runtime
