#include "scission/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "scission/base/units.hpp"

namespace scission {
namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_argument, message);
}

std::optional<Metric> find_measure(std::string_view name) {
  for (Metric measure : all_metrics()) {
    if (name == to_string(measure)) return measure;
  }
  return std::nullopt;
}

// What one unit that people weigh by is in the library's unit.
double unit_of(Metric measure) { return measure == Metric::traffic ? bytes_per_megabyte : 1.0; }

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (Metric measure : all_metrics()) names.push_back(to_string(measure));
  return names;
}

[[noreturn]] void refuse_term(std::string_view term, std::string_view name) {
  const std::string meant = suggest(name, measure_names());
  if (!meant.empty() && meant != name) {
    refuse(fmt::format("'{}' is no measure of a plan, did you mean '{}'?", name, meant));
  }
  refuse(
      fmt::format("'{}' is no term of an objective; write a weight above 0 and one of {}, as in "
                  "'latency + 0.5 energy'",
                  term, text::join(measure_names(), ", ")));
}

// The weight before a term's measure: 1 of nothing, else of "0.5" or "0.5 *".
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
  const std::optional<Metric> measure = find_measure(name);
  const std::optional<double> figure = parse_weight(text::trim(term.substr(0, split)));
  if (!measure || !figure) refuse_term(term, name);
  const double weight = *figure / unit_of(*measure);
  if (!(weight > 0)) refuse_term(term, name);
  if (objective.weight(*measure) > 0) {
    refuse(fmt::format("{} is there twice; add its weights up", to_string(*measure)));
  }
  objective.set_weight(*measure, weight);
}

// "12.3", "0.00123", "12346": three significant digits, or all before the point.
std::string three_digits(double amount) {
  constexpr double rounds_to_four = 999.5;
  return std::fabs(amount) < rounds_to_four ? fmt::format("{:.3g}", amount)
                                            : fmt::format("{:.0f}", amount);
}

}  // namespace

std::string to_string(Metric measure) {
  static const std::vector<std::string> names{"latency", "period", "traffic", "energy", "money"};
  return names.at(static_cast<std::size_t>(measure));
}

const std::vector<Metric>& all_metrics() {
  static const std::vector<Metric> measures{Metric::latency, Metric::period, Metric::traffic,
                                            Metric::energy, Metric::money};
  return measures;
}

double metric_value(Metric measure, const PlanCost& cost) {
  switch (measure) {
    case Metric::latency:
      return cost.latency_s;
    case Metric::period:
      return cost.period_s;
    case Metric::traffic:
      return cost.traffic_bytes;
    case Metric::energy:
      return cost.energy_j;
    case Metric::money:
      break;
  }
  return cost.money;
}

std::string format_metric(Metric measure, double amount) {
  if (std::isnan(amount)) return "unknown";
  switch (measure) {
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

double Objective::weight(Metric measure) const {
  switch (measure) {
    case Metric::latency:
      return latency;
    case Metric::period:
      return period;
    case Metric::traffic:
      return traffic;
    case Metric::energy:
      return energy;
    case Metric::money:
      break;
  }
  return money;
}

void Objective::set_weight(Metric measure, double weight) {
  switch (measure) {
    case Metric::latency:
      latency = weight;
      return;
    case Metric::period:
      period = weight;
      return;
    case Metric::traffic:
      traffic = weight;
      return;
    case Metric::energy:
      energy = weight;
      return;
    case Metric::money:
      money = weight;
  }
}

Objective single_objective(Metric measure) {
  Objective objective{0, 0, 0, 0, 0};
  objective.set_weight(measure, 1);
  return objective;
}

double objective_value(const Objective& objective, const PlanCost& cost) {
  double sum = 0;
  for (Metric measure : all_metrics()) {
    const double weight = objective.weight(measure);
    if (weight > 0) sum += weight * metric_value(measure, cost);
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
                    [&](Metric measure) { return objective.weight(measure) > 0; }));
}

std::vector<Metric> parse_metrics(std::string_view measures_text) {
  std::vector<Metric> measures;
  for (std::string_view name : text::split(measures_text, ',')) {
    name = text::trim(name);
    const std::optional<Metric> measure = find_measure(name);
    if (!measure)
      refuse(fmt::format("'{}' is no measure; {}", name, suggestion(name, measure_names())));
    if (std::find(measures.begin(), measures.end(), *measure) != measures.end()) {
      refuse(fmt::format("{} is there twice", name));
    }
    measures.push_back(*measure);
  }
  if (measures.size() < 2) {
    refuse(fmt::format("two measures or more are needed of {}", text::join(measure_names(), ", ")));
  }
  return measures;
}

}  // namespace scission
