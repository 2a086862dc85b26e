// A page of precomputed answers: the best plans at every point of a grid.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/json_field.hpp"
#include "base/text.hpp"
#include "explore/grid.hpp"
#include "explore/ranges.hpp"
#include "scission/base.hpp"
#include "scission/search/analysis.hpp"

namespace scission::explore {
namespace {

constexpr int plans_per_point = 3;
constexpr int min_levels = 5;
constexpr int max_levels = 13;

struct Axis {
  Slider slider;
  std::vector<double> levels;  ///< ascending, the base in the middle
};

/// Three significant digits, which the page shows.
double rounded(double value) {
  return text::to_double(fmt::format("{:.3g}", value)).value_or(value);
}

std::vector<double> levels_of(const Slider& slider, int count) {
  const bool is_link = slider.knob == Knob::bandwidth;
  const double step = is_link ? (count <= 5 ? 4 : count <= 7 ? 3 : 2) : (count <= 7 ? 2 : 1.5);
  std::vector<double> levels;
  for (int power = -(count / 2); power <= count / 2; ++power) {
    levels.push_back(power == 0 ? slider.base : rounded(slider.base * std::pow(step, power)));
  }
  return levels;
}

/// How many plans are the best somewhere on the slider.
std::size_t plan_count(const PartitionProblem& problem, const Query& query, const Slider& slider) {
  try {
    return ranges_of(problem, query, slider, 1, {.time_limit_s = 5.0}).size();
  } catch (const Error&) {
    return 0;
  }
}

/// Bandwidths and slowdowns, those on which the best plan depends most first.
std::vector<Slider> candidates(const PartitionProblem& problem, const Query& query) {
  std::vector<std::pair<std::size_t, Slider>> counted;
  for (const Slider& slider :
       sliders_of(problem, query.route == Route::any_order, query.return_to.has_value())) {
    if (slider.knob == Knob::delay) continue;
    counted.emplace_back(plan_count(problem, query, slider), slider);
  }
  std::stable_sort(counted.begin(), counted.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<Slider> sliders;
  for (auto& [count, slider] : counted) sliders.push_back(slider);
  return sliders;
}

bool fits(int levels, std::size_t axes, int max_points) {
  return std::pow(levels, static_cast<double>(axes)) <= max_points;
}

std::vector<Axis> axes_of(const PartitionProblem& problem, const Query& query, int max_points) {
  std::vector<Slider> sliders = candidates(problem, query);
  while (sliders.size() > 1 && !fits(min_levels, sliders.size(), max_points)) sliders.pop_back();
  int levels = min_levels;
  while (levels + 2 <= max_levels && fits(levels + 2, sliders.size(), max_points)) levels += 2;
  std::vector<Axis> axes;
  for (const Slider& slider : sliders) axes.push_back({slider, levels_of(slider, levels)});
  return axes;
}

void set(Planner& planner, const Slider& slider, double value) {
  if (slider.knob == Knob::slowdown) {
    planner.set_slowdown(slider.from, value);
    return;
  }
  Link link = *planner.problem().link(slider.from, *slider.to);
  link.megabits_per_s = value;
  planner.set_link(slider.from, *slider.to, std::move(link));
}

/// visit() at every point, in the order of the axes, the last fastest.
template <typename Visit>
void for_each_point(Planner& planner, const std::vector<Axis>& axes, std::size_t axis,
                    const Visit& visit) {
  if (axis == axes.size()) {
    visit();
    return;
  }
  for (const double level : axes[axis].levels) {
    set(planner, axes[axis].slider, level);
    for_each_point(planner, axes, axis + 1, visit);
  }
}

Json axis_json(const Axis& axis) {
  Json json = {{"knob", axis.slider.knob == Knob::slowdown ? "slowdown" : "bandwidth"},
               {"from", axis.slider.from}};
  if (axis.slider.to) json["to"] = *axis.slider.to;
  json["levels"] = axis.levels;
  return json;
}

/// Under the conditions of the profiles, with the part of each transfer that no bandwidth changes.
Json scalable_plan_json(const PartitionProblem& problem, const Plan& plan, const Query& query) {
  Json json = plan_json(problem, plan, query.objective, query.input_bytes);
  const PlanCost cost = plan_cost(problem, plan, query.input_bytes);
  std::size_t hop = 0;
  for (Json& item : json["items"]) {
    if (!item.contains("to")) continue;
    const Hop& sent = cost.hops.at(hop++);
    item["fixed_s"] = sent.share * problem.link(sent.from, sent.to)->ping_s();
  }
  json["system"] = busiest_system(problem, plan);
  return json;
}

/// What the verdict on a point's plans says that the page cannot compute, as a digit of bits: 1:
/// the best cannot be told apart from the baseline; 2: plans 1 and 2, and 4: plans 2 and 3 are of a
/// group that cannot be told apart.
char bits_of(const Verdict& verdict) {
  int bits = verdict.is_like_baseline ? 1 : 0;
  for (const PlanGroup& group : verdict.groups) {
    if (group.first == 0) bits |= 2;
    if (group.last == 2) bits |= 4;
  }
  return static_cast<char>('0' + bits);
}

}  // namespace

Json grid_json(const PartitionProblem& problem, Query query, int max_points) {
  query.objective = single_objective(Metric::latency);
  query.result_count = plans_per_point;
  const std::vector<Axis> axes = axes_of(problem, query, std::max(max_points, min_levels));
  Planner planner(PartitionProblem(problem), query);
  PlanList plans;
  Json points = Json::array();
  std::string verdicts;
  for_each_point(planner, axes, 0, [&] {
    const SearchResult result = planner.plan();
    Json best = Json::array();
    for (const Plan& plan : result.plans) best.push_back(plans.index_of(plan));
    verdicts += result.plans.empty() ? '0' : bits_of(judge(planner.problem(), query, result));
    points.push_back(std::move(best));
  });
  const std::vector<Plan> best = plans.plans();
  Json of_best = json_array(best, [&](const Plan& plan) {
    Json json = scalable_plan_json(problem, plan, query);
    SearchResult one;
    one.plans = {plan};
    if (judge(problem, query, one).baseline) {
      json["baseline"] = plans.index_of({.source = plan.source,
                                         .stages = {{plan.source, 0, problem.block_count() - 1}},
                                         .destination = plan.destination});
    }
    return json;
  });
  for (std::size_t i = best.size(); i < plans.plans().size(); ++i) {
    of_best.push_back(scalable_plan_json(problem, plans.plans()[i], query));
  }
  return {{"axes", json_array(axes, axis_json)},
          {"plans", std::move(of_best)},
          {"points", std::move(points)},
          {"verdicts", std::move(verdicts)}};
}

}  // namespace scission::explore
