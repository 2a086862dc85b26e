#include "control/simulator.hpp"

#include <algorithm>
#include <cmath>

#include "base/require.hpp"
#include "base/text.hpp"
#include "control/state_estimator.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

using Kind = ConditionColumn::Kind;

constexpr double max_requests = 1e7;

Link jittered(Link link, double factor) {
  link.ping_ms *= factor;
  link.megabits_per_s /= factor;
  for (CurvePoint& point : link.curve) point.seconds *= factor;
  return link;
}

// The last row lasts as long as the one before.
double duration_s(const ConditionTrace& trace) {
  const std::vector<double>& times = trace.times_s;
  const double last_s = times.size() > 1 ? times.back() - times[times.size() - 2] : 0;
  return times.back() - times.front() + last_s;
}

int request_count(const ConditionTrace& trace, const ReplayOptions& options) {
  const double count = std::ceil(duration_s(trace) / options.request_every_s - 1e-9);
  if (count > max_requests)
    throw_invalid_argument("would make over 10^7 requests of this trace", "request_every_s");
  return std::max(1, static_cast<int>(count));
}

}  // namespace

Simulator::Simulator(const PartitionProblem& problem, const Query& query,
                     const ConditionTrace& trace, const ReplayOptions& options)
    : profile_(problem),
      trace_(trace),
      options_(options),
      jitter_(options.seed, 0),
      requests_(request_count(trace, options)),
      links_(problem.links),
      slowdowns_(problem.systems.size(), 1.0),
      conditions_(PartitionProblem(problem), search_detail::best_only(query)),
      measured_(PartitionProblem(problem), search_detail::best_only(query)) {
  for (std::size_t column = 0; column < trace.columns.size(); ++column) {
    const std::vector<Target> targets = targets_of(trace.columns[column], column);
    targets_.insert(targets_.end(), targets.begin(), targets.end());
  }
  require_source_up(search_detail::CompiledConstraints(problem, query).sources);
}

// Without its only source a replay has no requests.
void Simulator::require_source_up(const std::vector<int>& sources) const {
  for (const Target& target : targets_) {
    if (target.kind != Kind::slowdown || sources != std::vector<int>{target.from}) continue;
    for (const std::vector<double>& row : trace_.values) {
      if (row[target.column] > 0) continue;
      throw_invalid_argument(
          "requests begin on this system, which therefore cannot be down (slowdown 0)",
          to_string(trace_.columns[target.column]));
    }
  }
}

// A platform's name stands for its systems, as in a network file.
std::vector<int> Simulator::systems_named(const std::string& name) const {
  std::vector<int> systems;
  for (int system = 0; system < profile_.system_count(); ++system) {
    const System& candidate = profile_.systems[system];
    if (candidate.name == name) return {system};
    if (candidate.platform == name) systems.push_back(system);
  }
  return systems;
}

std::vector<Simulator::Target> Simulator::targets_of(const ConditionColumn& column,
                                                     std::size_t index) const {
  std::vector<Target> targets;
  for (const int from : systems_named(column.from)) {
    if (column.kind == Kind::slowdown) targets.push_back({column.kind, index, from, from});
    for (const int to : systems_named(column.to)) {
      const std::optional<Link>& link = profile_.link(from, to);
      if (!link || from == to) continue;
      if (!link->curve.empty())
        throw_invalid_argument("the link is a measured curve, which has no rate to set",
                               to_string(column));
      targets.push_back({column.kind, index, from, to});
    }
  }
  if (!targets.empty()) return targets;
  std::vector<std::string> known = profile_.platforms;
  for (const System& system : profile_.systems) known.push_back(system.name);
  const std::string& odd = systems_named(column.from).empty() ? column.from : column.to;
  throw_invalid_argument(
      "the problem has no such link or system" +
          (systems_named(odd).empty() ? "; " + suggestion(odd, known) : std::string()),
      to_string(column));
}

double Simulator::time_of(int request) const {
  return trace_.times_s.front() + request * options_.request_every_s;
}

void Simulator::read_row(const std::vector<double>& values) {
  for (const Target& target : targets_) {
    const double value = values[target.column];
    const std::size_t place = static_cast<std::size_t>(target.from) * slowdowns_.size() + target.to;
    if (target.kind == Kind::slowdown) slowdowns_[target.from] = value;
    if (target.kind == Kind::rate) links_[place]->megabits_per_s = value;
    if (target.kind == Kind::ping) links_[place]->ping_ms = value;
  }
}

void Simulator::set_links() {
  const int systems = profile_.system_count();
  for (int from = 0; from < systems; ++from) {
    for (int to = 0; to < systems; ++to) {
      const std::optional<Link>& link = links_[static_cast<std::size_t>(from) * systems + to];
      if (!link) continue;
      const bool is_up =
          (link->megabits_per_s > 0 || !link->curve.empty()) && !is_down(from) && !is_down(to);
      const double factor = options_.jitter > 0 ? jitter_.factor(options_.jitter) : 1;
      conditions_.set_link(from, to, is_up ? link : std::nullopt);
      measured_.set_link(from, to, is_up ? std::optional(jittered(*link, factor)) : std::nullopt);
    }
  }
}

void Simulator::set_slowdowns() {
  for (int system = 0; system < profile_.system_count(); ++system) {
    const double slowdown = is_down(system) ? 1 : slowdowns_[system];
    const double factor = options_.jitter > 0 ? jitter_.factor(options_.jitter) : 1;
    conditions_.set_slowdown(system, slowdown);
    measured_.set_slowdown(system, slowdown * factor);
  }
}

void Simulator::advance(int request) {
  const std::vector<double>& times = trace_.times_s;
  const double now_s = time_of(request) + 1e-9;  // rounding errors of the sum
  while (row_ + 1 < times.size() && times[row_ + 1] <= now_s) ++row_;
  read_row(trace_.values[row_]);
  set_links();
  set_slowdowns();
}

std::optional<Plan> Simulator::best(Planner& planner) {
  SearchResult result = planner.plan();
  if (result.plans.empty()) return std::nullopt;
  return std::move(result.plans.front());
}

PlanCost Simulator::cost_of(const Plan& plan) const { return measured_.cost(plan); }

std::optional<Outage> Simulator::outage_of(const Plan& plan) const {
  const std::optional<std::pair<int, int>> missing = missing_link(conditions(), plan);
  if (!missing) return std::nullopt;
  return Outage{missing->first, missing->second, is_down(missing->second)};
}

}  // namespace scission
