#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

void require_system(const PartitionProblem& problem, int system) {
  require_in(problem.systems, system, "system", "plan for " + problem.model);
}

void require_cover(const PartitionProblem& problem, const Plan& plan) {
  require_system(problem, plan.source);
  if (plan.destination) require_system(problem, *plan.destination);
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
}

Hop make_hop(const PartitionProblem& problem, int from, int to, double bytes) {
  const std::optional<Link>& link = problem.link(from, to);
  if (!link) {
    throw Error(
        ErrorCode::mismatch,
        fmt::format("no link from {} to {}", problem.systems[from].name, problem.systems[to].name),
        "plan for " + problem.model);
  }
  return {from, to, bytes, link->transfer_s(bytes)};
}

double stage_seconds(const PartitionProblem& problem, const Stage& stage) {
  double seconds = 0;
  for (int block = stage.first_block; block <= stage.last_block; ++block) {
    seconds += problem.block_s.at(stage.system).at(block);
  }
  return seconds;
}

void add_hop(const PartitionProblem& problem, int from, int to, double bytes, PlanCost& total) {
  if (from == to) return;
  total.hops.push_back(make_hop(problem, from, to, bytes));
  total.transfer_s += total.hops.back().seconds;
  total.traffic_bytes += bytes;
}

// A system runs one stage at a time, and a directed link sends one tensor at a time, so repeated
// visits add up. Bytes in flight block nothing.
double period_of(const PartitionProblem& problem, const Plan& plan, const PlanCost& total) {
  std::unordered_map<std::size_t, double> busy_s;  // by link; a system as a pair with itself
  busy_s.reserve(plan.stages.size() + total.hops.size());
  const auto pair = [&problem](int from, int to) {
    return static_cast<std::size_t>(from) * problem.systems.size() + static_cast<std::size_t>(to);
  };
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    busy_s[pair(plan.stages[i].system, plan.stages[i].system)] += total.stage_s[i];
  }
  for (const Hop& hop : total.hops) {
    busy_s[pair(hop.from, hop.to)] += problem.link(hop.from, hop.to)->busy_s(hop.bytes);
  }
  double longest = 0;
  for (const auto& [of, seconds] : busy_s) longest = std::max(longest, seconds);
  return longest;
}

// What a plan consumes in proportion to its seconds and bytes.
struct Tariff {
  std::optional<double> System::*system_rate;
  double rate_unit_s;  // the time for which a system's rate is stated
  std::optional<double> Link::*per_byte;
};

constexpr Tariff energy_tariff{
    .system_rate = &System::power_w, .rate_unit_s = 1, .per_byte = &Link::joules_per_byte};
constexpr Tariff money_tariff{.system_rate = &System::price_per_hour,
                              .rate_unit_s = seconds_per_hour,
                              .per_byte = &Link::price_per_byte};

double stages_charge(const PartitionProblem& problem, const Plan& plan, const PlanCost& total,
                     const Tariff& tariff) {
  double sum = 0;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    const System& system = problem.systems[plan.stages[i].system];
    sum +=
        total.stage_s[i] / tariff.rate_unit_s * (system.*tariff.system_rate).value_or(not_a_number);
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
              const Tariff& tariff) {
  double sum = stages_charge(problem, plan, total, tariff);
  if (std::isnan(sum)) return sum;  // without a look at all links
  if (!any_link_states(problem, tariff.per_byte)) return sum;
  for (const Hop& hop : total.hops) {
    const Link& link = *problem.link(hop.from, hop.to);
    sum += hop.bytes * (link.*tariff.per_byte).value_or(not_a_number);
  }
  return sum;
}

// --- Objectives ---

// In the order of the enumerators.
constexpr std::array<double Objective::*, 5> weights{&Objective::latency, &Objective::period,
                                                     &Objective::traffic, &Objective::energy,
                                                     &Objective::money};
constexpr std::array<double PlanFigures::*, 5> values{
    &PlanFigures::latency_s, &PlanFigures::period_s, &PlanFigures::traffic_bytes,
    &PlanFigures::energy_j, &PlanFigures::money};

std::size_t index_of(Metric metric) { return static_cast<std::size_t>(metric); }

std::optional<Metric> find_metric(std::string_view name) {
  for (Metric metric : all_metrics()) {
    if (name == to_string(metric)) return metric;
  }
  return std::nullopt;
}

// What one unit that people weigh by is in the library's unit.
double unit_of(Metric metric) { return metric == Metric::traffic ? bytes_per_megabyte : 1.0; }

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (Metric metric : all_metrics()) names.push_back(to_string(metric));
  return names;
}

[[noreturn]] void refuse_term(std::string_view term, std::string_view name) {
  const std::string meant = suggest(name, metric_names());
  if (!meant.empty() && meant != name) {
    throw_invalid_argument(
        fmt::format("'{}' is not a metric of a plan; did you mean '{}'?", name, meant));
  }
  throw_invalid_argument(
      fmt::format("'{}' is not a term of an objective; write a weight above 0 and one of {}, as in "
                  "'latency + 0.5 energy'",
                  term, text::join(metric_names(), ", ")));
}

// The weight before a term's metric: 1 of nothing, else of "0.5" or "0.5 *".
std::optional<double> parse_weight(std::string_view weight) {
  if (weight.empty()) return 1.0;
  if (weight.ends_with('*')) weight = text::trim(weight.substr(0, weight.size() - 1));
  return text::to_double(weight);
}

// "0.5 energy", "energy", "0.5*energy"
void add_term(std::string_view term, Objective& objective) {
  const std::size_t before = term.find_last_of(" \t*");
  const std::size_t split = before == std::string_view::npos ? 0 : before + 1;
  const std::string_view name = term.substr(split);
  const std::optional<Metric> metric = find_metric(name);
  const std::optional<double> figure = parse_weight(text::trim(term.substr(0, split)));
  if (!metric || !figure) refuse_term(term, name);
  const double weight = *figure / unit_of(*metric);
  if (!(weight > 0)) refuse_term(term, name);
  if (objective.weight(*metric) > 0) {
    throw_invalid_argument(fmt::format("{} occurs twice; add its weights", to_string(*metric)));
  }
  objective.set_weight(*metric, weight);
}

// "12.3", "0.00123", "12346": three significant digits, or all before the point.
std::string three_digits(double amount) {
  constexpr double rounds_to_four = 999.5;
  return std::fabs(amount) < rounds_to_four ? fmt::format("{:.3g}", amount)
                                            : fmt::format("{:.0f}", amount);
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
  require_cover(problem, plan);
  PlanCost total;
  total.stage_s.reserve(plan.stages.size());
  total.hops.reserve(plan.stages.size() + 1);
  int at = plan.source;
  for (const Stage& stage : plan.stages) {
    add_hop(problem, at, stage.system, problem.bytes_into(stage.first_block, input_bytes), total);
    at = stage.system;
    total.stage_s.push_back(stage_seconds(problem, stage));
    total.compute_s += total.stage_s.back();
  }
  if (plan.destination) {
    add_hop(problem, at, *plan.destination, problem.bytes_into(problem.block_count(), input_bytes),
            total);
  }
  total.latency_s = total.compute_s + total.transfer_s;
  total.period_s = period_of(problem, plan, total);
  total.energy_j = charge(problem, plan, total, energy_tariff);
  total.money = charge(problem, plan, total, money_tariff);
  return total;
}

std::string to_string(Metric metric) {
  static const std::vector<std::string> names{"latency", "period", "traffic", "energy", "money"};
  return names.at(index_of(metric));
}

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> metrics{Metric::latency, Metric::period, Metric::traffic,
                                           Metric::energy, Metric::money};
  return metrics;
}

double metric_value(Metric metric, const PlanFigures& cost) {
  return cost.*values.at(index_of(metric));
}

std::string format_metric(Metric metric, double amount) {
  if (std::isnan(amount)) return "unknown";
  switch (metric) {
    case Metric::latency:
    case Metric::period:
      return format_duration(amount);
    case Metric::traffic:
      return format_bytes(amount);
    case Metric::energy:
      return three_digits(amount) + " J";
    case Metric::money:
      break;
  }
  return three_digits(amount);
}

double Objective::weight(Metric metric) const { return this->*weights.at(index_of(metric)); }

void Objective::set_weight(Metric metric, double weight) {
  this->*weights.at(index_of(metric)) = weight;
}

Objective single_objective(Metric metric) {
  Objective objective{0, 0, 0, 0, 0};
  objective.set_weight(metric, 1);
  return objective;
}

double objective_value(const Objective& objective, const PlanFigures& cost) {
  double sum = 0;
  for (Metric metric : all_metrics()) {
    const double weight = objective.weight(metric);
    if (weight > 0) sum += weight * metric_value(metric, cost);
  }
  return sum;
}

Objective parse_objective(std::string_view objective_text) {
  Objective objective{0, 0, 0, 0, 0};
  const std::vector<std::string_view> terms = text::split(objective_text, '+');
  for (std::string_view term : terms) add_term(text::trim(term), objective);
  if (terms.size() > 1) return objective;
  return single_objective(
      *std::find_if(all_metrics().begin(), all_metrics().end(),
                    [&](Metric metric) { return objective.weight(metric) > 0; }));
}

std::vector<Metric> parse_metrics(std::string_view metrics_text) {
  std::vector<Metric> metrics;
  for (std::string_view name : text::split(metrics_text, ',')) {
    name = text::trim(name);
    const std::optional<Metric> metric = find_metric(name);
    if (!metric)
      throw_invalid_argument(
          fmt::format("'{}' is not a metric; {}", name, suggestion(name, metric_names())));
    if (std::find(metrics.begin(), metrics.end(), *metric) != metrics.end()) {
      throw_invalid_argument(fmt::format("{} occurs twice", name));
    }
    metrics.push_back(*metric);
  }
  if (metrics.size() < 2) {
    throw_invalid_argument(
        fmt::format("two or more metrics are needed, of {}", text::join(metric_names(), ", ")));
  }
  return metrics;
}

}  // namespace scission
