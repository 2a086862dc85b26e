#include "explore/ranges.hpp"

#include <algorithm>

#include "base/require.hpp"
#include "search/lower_envelope.hpp"

namespace scission::explore {
namespace {

constexpr double bandwidth_span = 100;
constexpr double slowdown_span = 10;
constexpr double max_delay_ms = 1000;

bool can_be_used(const PartitionProblem& problem, int from, int to, bool is_any_order,
                 bool returns) {
  if (from == to || !problem.link(from, to)) return false;
  return is_any_order || returns || problem.platform_of(from) < problem.platform_of(to);
}

/// As the sensitivities to bandwidth and slowdown, over the ping.
std::vector<PlanRange> delay_ranges(const PartitionProblem& problem, Query query,
                                    const Slider& slider, const SearchOptions& options) {
  if (query.objective.period > 0 || query.limits.latency_s) {
    throw_invalid_argument("delays have no ranges with a period or a limit on the latency");
  }
  query.result_count = 1;
  Planner planner(PartitionProblem(problem), query);
  const auto set = [&](double ping_ms) {
    Link link = *problem.link(slider.from, *slider.to);
    link.ping_ms = ping_ms;
    planner.set_link(slider.from, *slider.to, std::move(link));
  };
  const auto value_at = [&](double ping_ms, const Plan& plan) {
    set(ping_ms);
    return objective_value(query.objective, planner.cost(plan));
  };
  const auto least_at = [&](double ping_ms) -> CostLine {
    set(ping_ms);
    const SearchResult result = planner.plan(options);
    if (!result.is_optimal || result.plans.empty()) {
      throw Error(ErrorCode::interrupted, "no plan was found in time", "delay");
    }
    Plan plan = result.plans.front();
    return {plan, value_at(slider.low, plan), value_at(slider.high, plan)};
  };
  std::vector<PlanRange> ranges;
  for (EnvelopePiece& piece : lower_envelope(least_at, slider.low, slider.high)) {
    ranges.push_back({piece.left, piece.right, std::move(piece.plan)});
  }
  return ranges;
}

}  // namespace

std::vector<Slider> sliders_of(const PartitionProblem& problem, bool is_any_order, bool returns) {
  std::vector<Slider> sliders;
  for (int from = 0; from < problem.system_count(); ++from) {
    for (int to = 0; to < problem.system_count(); ++to) {
      if (!can_be_used(problem, from, to, is_any_order, returns)) continue;
      const Link& link = *problem.link(from, to);
      if (!link.curve.empty()) continue;
      sliders.push_back({Knob::bandwidth, from, to, link.megabits_per_s / bandwidth_span,
                         link.megabits_per_s * bandwidth_span, link.megabits_per_s});
      sliders.push_back(
          {Knob::delay, from, to, 0, std::max(max_delay_ms, 2 * link.ping_ms), link.ping_ms});
    }
  }
  for (int system = 0; system < problem.system_count(); ++system) {
    sliders.push_back({Knob::slowdown, system, std::nullopt, 1 / slowdown_span, slowdown_span, 1});
  }
  return sliders;
}

std::vector<PlanRange> ranges_of(const PartitionProblem& problem, const Query& query,
                                 const Slider& slider, double factor,
                                 const SearchOptions& options) {
  if (slider.knob == Knob::delay) return delay_ranges(problem, query, slider, options);
  const std::string& from = problem.systems[slider.from].name;
  const bool is_link = slider.knob == Knob::bandwidth;
  const double unit = is_link ? 1 : factor;
  const std::vector<SensitivityRange> found =
      is_link ? bandwidth_sensitivity(
                    problem, query,
                    {from, problem.systems[*slider.to].name, slider.low, slider.high}, options)
              : slowdown_sensitivity(problem, query,
                                     {from, slider.low / factor, slider.high / factor}, options);
  std::vector<PlanRange> ranges;
  for (const SensitivityRange& range : found) {
    ranges.push_back({range.low * unit, range.high * unit, range.plan});
  }
  return ranges;
}

int busiest_system(const PartitionProblem& problem, const Plan& plan) {
  std::vector<double> seconds(problem.systems.size());
  for (const Stage& stage : plan.stages) {
    for (int block = stage.first_block; block <= stage.last_block; ++block) {
      seconds[stage.system] += problem.expected_s(stage.system, block);
    }
  }
  return static_cast<int>(std::max_element(seconds.begin(), seconds.end()) - seconds.begin());
}

}  // namespace scission::explore
