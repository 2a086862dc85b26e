#include "scission/search/plan_io.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

// "Device(raspi4)"
std::string title(const PartitionProblem& problem, int system) {
  const System& named = problem.systems[system];
  return fmt::format("{}({})", text::capitalized(named.platform), named.name);
}

std::string stage_part(const PartitionProblem& problem, const Stage& stage) {
  return fmt::format("{} = {} - {}", title(problem, stage.system),
                     problem.blocks[stage.first_block].first_layer,
                     problem.blocks[stage.last_block].last_layer);
}

const Stage* stage_on(const PartitionProblem& problem, const Plan& plan, int platform) {
  const auto found = std::find_if(plan.stages.begin(), plan.stages.end(), [&](const Stage& stage) {
    return problem.platform_of(stage.system) == platform;
  });
  return found == plan.stages.end() ? nullptr : &*found;
}

std::string platform_part(const PartitionProblem& problem, const Plan& plan, int platform) {
  if (const Stage* stage = stage_on(problem, plan, platform)) return stage_part(problem, *stage);
  if (problem.platform_of(plan.source) == platform) {
    return title(problem, plan.source) + " = -1 - -1";
  }
  return text::capitalized(problem.platforms[platform]) + "(None) = -1 - -1";
}

// " - int8+zstd to Edge(box)": the hops that are coded; empty where none is.
std::string format_codecs(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> parts;
  for (std::size_t hop = 0; hop < plan.codecs.size(); ++hop) {
    if (plan.codecs[hop] == Plan::raw) continue;
    const int to = hop < plan.stages.size() ? plan.stages[hop].system : plan.destination.value();
    parts.push_back(
        fmt::format("{} to {}", problem.codecs.at(plan.codecs[hop]).name, title(problem, to)));
  }
  return parts.empty() ? "" : " - " + text::join(parts, ", ");
}

std::vector<Metric> weighted_metrics(const Objective& objective) {
  std::vector<Metric> metrics;
  for (Metric metric : all_metrics()) {
    if (objective.weight(metric) > 0) metrics.push_back(metric);
  }
  return metrics;
}

// Latency and traffic are in every line.
bool is_shown_besides(const Query& query, Metric metric) {
  const bool is_weighed = query.objective.weight(metric) > 0;
  switch (metric) {
    case Metric::period:
      return is_weighed || query.limits.period_s;
    case Metric::energy:
      return is_weighed || query.limits.energy_j;
    case Metric::money:
      return is_weighed || query.limits.money;
    case Metric::error:
    case Metric::disagreement:
      return is_weighed || query.limits.limit(metric);
    default:
      return false;
  }
}

}  // namespace

std::string format_distribution(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> parts;
  for (int platform = 0; platform < static_cast<int>(problem.platforms.size()); ++platform) {
    parts.push_back(platform_part(problem, plan, platform));
  }
  return text::join(parts, ", ");
}

std::string format_stages(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> parts;
  if (plan.stages.empty() || plan.stages.front().system != plan.source) {
    parts.push_back(title(problem, plan.source) + " = -1 - -1");
  }
  for (const Stage& stage : plan.stages) parts.push_back(stage_part(problem, stage));
  return text::join(parts, ", ");
}

std::string format_plan(const PartitionProblem& problem, const Query& query, const Plan& plan) {
  const std::string stages = query.route == Route::any_order ? format_stages(problem, plan)
                                                             : format_distribution(problem, plan);
  const std::string route =
      plan.destination ? stages + " → " + title(problem, *plan.destination) : stages;
  return route + format_codecs(problem, plan);
}

std::string format_result_line(const PartitionProblem& problem, const Query& query,
                               const Plan& plan, int rank) {
  const PlanMetrics total = search_detail::figures_of(problem, query, plan);
  std::string besides;
  for (Metric metric : all_metrics()) {
    if (!is_shown_besides(query, metric)) continue;
    besides += fmt::format("{} {} - ", to_string(metric),
                           format_metric(metric, metric_value(metric, total)));
  }
  if (weighted_metrics(query.objective).size() > 1) {
    const std::string sum =
        format_objective_value(query.objective, objective_value(query.objective, total));
    besides += fmt::format("objective {} - ", sum);
  }
  return fmt::format("[{}] {:.4f}s - {:.4f}MB - {}{}", rank, total.latency_s,
                     total.traffic_bytes / bytes_per_megabyte, besides,
                     format_plan(problem, query, plan));
}

std::string format_sizes_seen(const PartitionProblem& problem, const Plan& plan) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const Block& block = problem.blocks.at(plan.stages[i].last_block);
    const bool is_sent = i + 1 < plan.stages.size() || plan.destination;
    if (!is_sent || !block.bytes_seen) continue;
    parts.push_back(fmt::format("after layer {} {}, of which the plan counts {}", block.last_layer,
                                format_bytes(*block.bytes_seen),
                                format_bytes(static_cast<double>(block.output_bytes))));
  }
  return text::join(parts, "; ");
}

std::string objective_name(const Objective& objective) {
  const std::vector<Metric> metrics = weighted_metrics(objective);
  return metrics.size() == 1 ? to_string(metrics.front()) : "objective";
}

std::string format_objective_value(const Objective& objective, double value) {
  const std::vector<Metric> metrics = weighted_metrics(objective);
  if (metrics.size() != 1) return fmt::format("{:.6g}", value);
  return format_metric(metrics.front(), value / objective.weight(metrics.front()));
}

std::string format_proof(const PartitionProblem& problem, const Query& query,
                         const SearchResult& result) {
  if (result.plans.empty()) return "no plan was found in time, which does not show that none fits";
  if (result.proven_count > 0) {
    return fmt::format("the first {} of {} plans are the best, the others the best found in time",
                       result.proven_count, query.result_count);
  }
  const double percent = 100 * relative_gap(problem, query, result);
  if (percent > 0 && !(result.bound > 0)) {
    return "no bound is known for the best plan found in time";
  }
  // Rounded up, as it is an upper bound.
  const double step = percent >= 10 ? 1 : 0.1;
  return fmt::format(
      "at most {:g} % of the {} of the best plan found in time could be saved (bound {})",
      std::min(100.0, std::ceil(percent / step) * step), objective_name(query.objective),
      format_objective_value(query.objective, result.bound));
}

std::string format_target(const SensitivityAnswer& answer) {
  if (!answer.to) return fmt::format("slowdown of {}, factor", answer.from);
  return fmt::format("bandwidth of {} → {}, Mbit/s", answer.from, *answer.to);
}

std::string format_exit_shares(const std::vector<ExitShare>& shares) {
  std::vector<std::string> parts;
  for (const ExitShare& exit : shares) {
    parts.push_back(fmt::format("{:.3g} %{} at layer {}", 100 * exit.share,
                                parts.empty() ? " of the requests end" : "", exit.layer));
  }
  return text::join(parts, ", ");
}

std::string format_infeasibility(const Infeasibility& infeasibility) {
  if (infeasibility.irreducible_subset.empty()) {
    return "No constraint is to blame: the links allow no plan at all.\n";
  }
  const bool is_alone = infeasibility.irreducible_subset.size() == 1;
  std::string text = is_alone ? "No plan meets this:\n" : "These cannot hold together:\n";
  for (const std::string& constraint : infeasibility.irreducible_subset) {
    text += "  " + constraint + "\n";
  }
  std::string helpful;
  int count = 0;
  for (const Relaxation& relaxation : infeasibility.relaxations) {
    if (!relaxation.is_sufficient) continue;
    ++count;
    helpful += relaxation.nearest_text.empty()
                   ? fmt::format("  {}: without it a plan fits\n", relaxation.constraint)
                   : fmt::format("  {}\n", relaxation.nearest_text);
  }
  if (helpful.empty()) return text + "To drop any single constraint is not enough.\n";
  return text +
         (count == 1 ? "This change is enough:\n" : "Any one of these changes is enough:\n") +
         helpful;
}

}  // namespace scission
