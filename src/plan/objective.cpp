// Metrics of plans, and objectives that weigh them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "base/require.hpp"
#include "base/text.hpp"
#include "scission/base.hpp"
#include "scission/plan/plan.hpp"

namespace scission {
namespace {

// In the order of the enumerators.
constexpr std::array<double Objective::*, 7> weights{
    &Objective::latency, &Objective::period, &Objective::traffic,     &Objective::energy,
    &Objective::money,   &Objective::error,  &Objective::disagreement};
constexpr std::array<double PlanMetrics::*, 7> values{
    &PlanMetrics::latency_s,   &PlanMetrics::period_s, &PlanMetrics::traffic_bytes,
    &PlanMetrics::energy_j,    &PlanMetrics::money,    &PlanMetrics::error,
    &PlanMetrics::disagreement};

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

std::string to_string(Metric metric) {
  static const std::vector<std::string> names{"latency", "period", "traffic",     "energy",
                                              "money",   "error",  "disagreement"};
  return names.at(index_of(metric));
}

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> metrics{Metric::latency,     Metric::period, Metric::traffic,
                                           Metric::energy,      Metric::money,  Metric::error,
                                           Metric::disagreement};
  return metrics;
}

double metric_value(Metric metric, const PlanMetrics& cost) {
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
    case Metric::error:
    case Metric::disagreement:
      return three_digits(amount * 100) + " %";
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
  Objective objective{0, 0, 0, 0, 0, 0, 0};
  objective.set_weight(metric, 1);
  return objective;
}

double objective_value(const Objective& objective, const PlanMetrics& cost) {
  double sum = 0;
  for (Metric metric : all_metrics()) {
    const double weight = objective.weight(metric);
    if (weight > 0) sum += weight * metric_value(metric, cost);
  }
  return sum;
}

Objective parse_objective(std::string_view objective_text) {
  Objective objective{0, 0, 0, 0, 0, 0, 0};
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
