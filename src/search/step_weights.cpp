#include "search/step_weights.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "scission/base/error.hpp"

namespace scission::search_detail {
namespace {

void add_to(std::vector<double>& sums, double factor, const std::vector<double>& terms) {
  if (terms.empty()) return;
  sums.resize(terms.size(), 0.0);
  for (std::size_t i = 0; i < terms.size(); ++i) sums[i] += factor * terms[i];
}

StepWeights nothing(const PartitionProblem& problem) {
  return {std::vector<double>(problem.systems.size(), 0.0), 0, {}, {}};
}

[[noreturn]] void refuse_unknown(const std::string& figure, const std::string& of,
                                 const char* way_out) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("the {} of {} is not known; {}", figure, of, way_out));
}

// A figure of every system, times `factor`.
void weigh_systems(const PartitionProblem& problem, std::optional<double> System::*figure,
                   const std::string& name, double factor, StepWeights& weights) {
  for (int system = 0; system < problem.system_count(); ++system) {
    const std::optional<double>& known = problem.systems[system].*figure;
    if (!known) {
      refuse_unknown(name, problem.systems[system].name, "state every system's (--systems)");
    }
    weights.per_compute_s[system] = *known * factor;
  }
}

// A figure of every link; where no link states one, it is 0.
void weigh_links(const PartitionProblem& problem, std::optional<double> Link::*figure,
                 const std::string& name, StepWeights& weights) {
  const auto states = [figure](const std::optional<Link>& link) {
    return link && ((*link).*figure).has_value();
  };
  if (std::none_of(problem.links.begin(), problem.links.end(), states)) return;
  weights.per_byte.assign(problem.links.size(), 0.0);
  for (std::size_t pair = 0; pair < problem.links.size(); ++pair) {
    const std::optional<Link>& link = problem.links[pair];
    const int from = static_cast<int>(pair / problem.systems.size());
    const int to = static_cast<int>(pair % problem.systems.size());
    if (!link || from == to) continue;
    if (!states(link)) {
      refuse_unknown(name,
                     fmt::format("the link from {} to {}", problem.systems[from].name,
                                 problem.systems[to].name),
                     "state it for every link, or for none");
    }
    weights.per_byte[pair] = *((*link).*figure);
  }
}

SumLimit upload_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), limit.most};
  sum.weights.per_byte.assign(problem.links.size(), 0.0);
  const int count = problem.system_count();
  for (int from = 0; from < count; ++from) {
    for (int to = 0; to < count; ++to) {
      const bool leaves = limit.group.holds(from) && !limit.group.holds(to);
      sum.weights.per_byte[static_cast<std::size_t>(from) * problem.systems.size() + to] = leaves;
    }
  }
  return sum;
}

SumLimit compute_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), limit.most};
  for (int system = 0; system < problem.system_count(); ++system) {
    sum.weights.per_compute_s[system] = limit.group.holds(system);
  }
  return sum;
}

// here ≤ p · (here + elsewhere)  ⟺  (1 − p) · here − p · elsewhere ≤ 0
SumLimit share_limit(const PartitionProblem& problem, const GroupLimit& limit) {
  SumLimit sum{nothing(problem), 0};
  const double share = limit.most * (1 + limit_slack);
  for (int system = 0; system < problem.system_count(); ++system) {
    sum.weights.per_compute_s[system] = limit.group.holds(system) ? 1 - share : -share;
  }
  return sum;
}

void add_plan_limit(const PartitionProblem& problem, Metric measure,
                    const std::optional<double>& most, std::vector<SumLimit>& sums) {
  if (most) sums.push_back({weights_of(problem, measure), *most});
}

}  // namespace

void StepWeights::add(double factor, const StepWeights& other) {
  per_transfer_s += factor * other.per_transfer_s;
  add_to(per_compute_s, factor, other.per_compute_s);
  add_to(per_byte, factor, other.per_byte);
  add_to(per_stage, factor, other.per_stage);
}

StepWeights weights_of(const PartitionProblem& problem, Metric measure) {
  constexpr double seconds_per_hour = 3600;
  StepWeights weights = nothing(problem);
  switch (measure) {
    case Metric::latency:
      weights.per_compute_s.assign(problem.systems.size(), 1.0);
      weights.per_transfer_s = 1;
      break;
    case Metric::period:
      break;
    case Metric::traffic:
      weights.per_byte.assign(problem.links.size(), 1.0);
      break;
    case Metric::energy:
      weigh_systems(problem, &System::power_w, "power", 1, weights);
      weigh_links(problem, &Link::joules_per_byte, "energy", weights);
      break;
    case Metric::money:
      weigh_systems(problem, &System::price_per_hour, "price", 1 / seconds_per_hour, weights);
      weigh_links(problem, &Link::price_per_byte, "price", weights);
      break;
  }
  return weights;
}

StepWeights weights_of(const PartitionProblem& problem, const Objective& objective) {
  StepWeights sum = nothing(problem);
  for (Metric measure : all_metrics()) {
    const double weight = objective.weight(measure);
    if (weight > 0 && measure != Metric::period) sum.add(weight, weights_of(problem, measure));
  }
  return sum;
}

bool computes_once(const Rules& rules, const Group& group) {
  return rules.in_platform_order || (group.size() <= 1 && !rules.may_revisit);
}

// A source that has sent the input may be entered later, and then sends again.
bool sends_once(const Rules& rules, const Group& group) {
  if (rules.in_platform_order) return true;
  if (group.size() > 1 || rules.may_revisit) return false;
  return std::none_of(rules.sources.begin(), rules.sources.end(),
                      [&](int source) { return group.holds(source); });
}

std::vector<SumLimit> sum_limits(const PartitionProblem& problem, const Rules& rules) {
  std::vector<SumLimit> sums;
  for (const GroupLimit& limit : rules.shares) sums.push_back(share_limit(problem, limit));
  for (const GroupLimit& limit : rules.computes) {
    if (!computes_once(rules, limit.group)) sums.push_back(compute_limit(problem, limit));
  }
  for (const GroupLimit& limit : rules.uploads) {
    if (!sends_once(rules, limit.group)) sums.push_back(upload_limit(problem, limit));
  }
  add_plan_limit(problem, Metric::latency, rules.limits.latency_s, sums);
  add_plan_limit(problem, Metric::traffic, rules.limits.traffic_bytes, sums);
  add_plan_limit(problem, Metric::energy, rules.limits.energy_j, sums);
  add_plan_limit(problem, Metric::money, rules.limits.money, sums);
  return sums;
}

}  // namespace scission::search_detail
