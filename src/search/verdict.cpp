#include "scission/search/analysis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/digits.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"
#include "scission/search/plan_io.hpp"

namespace scission {
namespace {

bool is_latency_alone(const Objective& objective) {
  for (Metric metric : all_metrics()) {
    if ((objective.weight(metric) > 0) != (metric == Metric::latency)) return false;
  }
  return true;
}

bool are_alike(const PartitionProblem& problem, const Plan& one, const Plan& other,
               double input_bytes) {
  const auto difference = latency_difference_interval(problem, one, other, input_bytes);
  return difference && difference->low <= 0 && difference->high >= 0;
}

Plan baseline_of(const PartitionProblem& problem, const Plan& best) {
  return {.source = best.source,
          .stages = {{best.source, 0, problem.block_count() - 1}},
          .destination = best.destination};
}

bool is_possible(const PartitionProblem& problem, const Plan& baseline) {
  const auto& destination = baseline.destination;
  return !destination || *destination == baseline.source ||
         problem.link(baseline.source, *destination).has_value();
}

// --- In words ---

// Of a metric that is less when better; the latency and the period are times.
struct Words {
  const char* better;
  const char* worse;
};

Words words_of(const Objective& objective) {
  const bool is_time = objective.traffic <= 0 && objective.energy <= 0 && objective.money <= 0 &&
                       objective.weight(Metric::error) <= 0 &&
                       objective.weight(Metric::disagreement) <= 0;
  return is_time ? Words{"faster", "slower"} : Words{"less", "more"};
}

std::string ratio_text(double value, double reference, const Words& words) {
  return text::ratio_text(value, reference, words.better, words.worse);
}

std::string value_text(const Query& query, double value) {
  const std::string text = format_objective_value(query.objective, value);
  const std::string name = objective_name(query.objective);
  return name == "latency" ? text : fmt::format("{} {}", name, text);
}

std::string gain_text(const Query& query, const Verdict& verdict) {
  const Words words = words_of(query.objective);
  const std::string other = fmt::format("all on {} ({})", verdict.baseline_system,
                                        format_objective_value(query.objective, *verdict.baseline));
  if (verdict.is_like_baseline) return "cannot be told apart from " + other;
  if (*verdict.baseline == verdict.best) return "equal to " + other;
  if (!(verdict.best > 0 && *verdict.baseline > 0)) {
    return fmt::format("{} than {}", verdict.best < *verdict.baseline ? words.better : words.worse,
                       other);
  }
  return fmt::format("{} than {}", ratio_text(verdict.best, *verdict.baseline, words), other);
}

std::string next_text(const Query& query, const Verdict& verdict) {
  if (verdict.is_like_next) return "next best cannot be told apart";
  if (!(*verdict.next > verdict.best)) return "next best equally good";
  if (!(verdict.best > 0)) {
    return fmt::format("next best {}", format_objective_value(query.objective, *verdict.next));
  }
  return fmt::format("next best {}",
                     ratio_text(*verdict.next, verdict.best, words_of(query.objective)));
}

std::string group_text(const PlanGroup& group) {
  const int first = group.first + 1;
  const int last = group.last + 1;
  return fmt::format("{} {} {}", first, last == first + 1 ? "and" : "to", last);
}

std::string layers(const PartitionProblem& problem, const Stage& stage) {
  const int first = problem.blocks[stage.first_block].first_layer;
  const int last = problem.blocks[stage.last_block].last_layer;
  return first == last ? fmt::format("{}", first) : fmt::format("{}–{}", first, last);
}

}  // namespace

std::vector<PlanGroup> indistinguishable_groups(const PartitionProblem& problem,
                                                const std::vector<Plan>& plans,
                                                double input_bytes) {
  std::vector<PlanGroup> groups;
  const int count = static_cast<int>(plans.size());
  for (int first = 0; first < count;) {
    int last = first;
    const auto is_like_all = [&](const Plan& next) {
      return std::all_of(plans.begin() + first, plans.begin() + last + 1, [&](const Plan& member) {
        return are_alike(problem, member, next, input_bytes);
      });
    };
    while (last + 1 < count && is_like_all(plans[last + 1])) ++last;
    if (last > first) groups.push_back({first, last});
    first = last + 1;
  }
  return groups;
}

Verdict judge(const PartitionProblem& problem, const Query& query, const SearchResult& result) {
  if (result.plans.empty()) throw_invalid_argument("there is no plan to judge", "verdict");
  const auto value_of = [&](const Plan& plan) {
    return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
  };
  const Plan& best = result.plans.front();
  const Plan baseline = baseline_of(problem, best);
  const bool is_latency = is_latency_alone(query.objective);
  Verdict verdict;
  verdict.best = value_of(best);
  verdict.baseline_system = problem.systems[best.source].name;
  verdict.is_baseline = best.stages.size() == 1 && best.stages.front().system == best.source;
  if (is_possible(problem, baseline)) {
    verdict.baseline = value_of(baseline);
    verdict.is_like_baseline = is_latency && are_alike(problem, baseline, best, query.input_bytes);
  }
  if (result.plans.size() > 1) {
    verdict.next = value_of(result.plans[1]);
    verdict.is_like_next =
        is_latency && are_alike(problem, best, result.plans[1], query.input_bytes);
  }
  if (is_latency) {
    verdict.groups = indistinguishable_groups(problem, result.plans, query.input_bytes);
  }
  return verdict;
}

std::string format_verdict(const PartitionProblem& problem, const Query& query,
                           const SearchResult& result, const Verdict& verdict) {
  std::string text = fmt::format("{}: {}", describe_plan(problem, result.plans.front()),
                                 value_text(query, verdict.best));
  if (verdict.is_baseline) {
    text += ", no gain from distributing";
  } else if (verdict.baseline) {
    text += ", " + gain_text(query, verdict);
  }
  if (verdict.next) text += "; " + next_text(query, verdict);
  return text;
}

std::string format_groups(const std::vector<PlanGroup>& groups) {
  if (groups.empty()) return {};
  std::vector<std::string> parts;
  for (const PlanGroup& group : groups) parts.push_back(group_text(group));
  return fmt::format(
      "Plans {} cannot be told apart: the 95 % interval of their difference contains 0.",
      text::join(parts, ", and "));
}

std::string describe_plan(const PartitionProblem& problem, const Plan& plan) {
  const auto codec = [&](std::size_t hop) {
    const int index = plan.codec(hop);
    return index == Plan::raw ? "" : problem.codecs.at(static_cast<std::size_t>(index)).name;
  };
  std::vector<std::string> parts;
  const auto add = [&](std::size_t hop, std::string part) {
    if (const std::string name = codec(hop); !name.empty()) parts.push_back(name);
    parts.push_back(std::move(part));
  };
  if (plan.stages.size() == 1) {
    const std::string& name = problem.systems[plan.stages.front().system].name;
    add(0, plan.stages.front().system == plan.source ? "all on " + name : name + " alone");
  } else {
    for (std::size_t i = 0; i < plan.stages.size(); ++i) {
      const Stage& stage = plan.stages[i];
      add(i, problem.systems[stage.system].name + " " + layers(problem, stage));
    }
  }
  if (plan.destination && *plan.destination != plan.stages.back().system) {
    add(plan.stages.size(), problem.systems[*plan.destination].name);
  }
  return text::join(parts, " → ");
}

}  // namespace scission
