#include "scission/search/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/numbers.hpp"
#include "base/require.hpp"
#include "plan/plan_costs.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

// In the order of the metrics.
constexpr std::array<std::optional<double> PlanLimits::*, 7> limits{
    &PlanLimits::latency_s,   &PlanLimits::period_s, &PlanLimits::traffic_bytes,
    &PlanLimits::energy_j,    &PlanLimits::money,    &PlanLimits::error,
    &PlanLimits::disagreement};

}  // namespace

std::optional<double>& PlanLimits::limit(Metric metric) {
  return this->*limits.at(static_cast<std::size_t>(metric));
}

const std::optional<double>& PlanLimits::limit(Metric metric) const {
  return this->*limits.at(static_cast<std::size_t>(metric));
}

namespace search_detail {
namespace {

bool is_period_alone(const Objective& objective) {
  Objective rest = objective;
  rest.period = 0;
  return objective.period > 0 && rest == Objective{0, 0, 0, 0, 0, 0, 0};
}

Ranking rank(const SearchGraph& free, const Query& query, const Deadline& deadline) {
  const PartitionProblem& problem = free.problem();
  const CompiledConstraints& constraints = free.constraints();
  if (is_period_alone(query.objective)) {
    Ranking ranking = rank_by_period(problem, constraints, query.result_count, deadline);
    ranking.bound *= query.objective.period;
    return ranking;
  }
  SumObjective objective{weights_of(problem, query.objective), query.objective.period, 0};
  if (objective.period_weight > 0) {
    objective.min_period_s = min_period_s(problem, constraints, deadline);
    if (std::isinf(objective.min_period_s)) return {{}, 0, false, objective.min_period_s};
  }
  const std::vector<SumLimit> limits = sum_limits(problem, constraints);
  if (!constraints.limits.period_s) {
    return rank_by_sum(free, objective, limits, query.result_count, deadline);
  }
  const SearchGraph limited(problem, constraints, free.clock().limit(*constraints.limits.period_s));
  return rank_by_sum(limited, objective, limits, query.result_count, deadline);
}

}  // namespace

SearchResult run_query(const PartitionProblem& problem, const Query& query,
                       const CompiledConstraints& constraints, const SearchOptions& options) {
  const Deadline deadline(options);
  const SearchGraph graph(problem, constraints);
  Ranking ranking = rank(graph, query, deadline);
  SearchResult result;
  result.plans = std::move(ranking.plans);
  PlanCosts costs(problem, query.input_bytes);
  for (Plan& plan : result.plans) plan.cost = costs.of(plan);
  result.is_optimal = !ranking.was_stopped;
  result.proven_count = ranking.proven_count;
  result.bound = ranking.bound;
  result.missing_links = graph.missing_links();
  return result;
}

}  // namespace search_detail

double relative_gap(const PartitionProblem& problem, const Query& query,
                    const SearchResult& result) {
  if (result.plans.empty()) return not_a_number;
  if (result.proven_count > 0) return 0;
  const double amount = objective_value(
      query.objective, search_detail::figures_of(problem, query, result.plans.front()));
  return amount > 0 ? std::clamp((amount - result.bound) / amount, 0.0, 1.0) : 0;
}

SearchResult search(const PartitionProblem& problem, const Query& query,
                    const SearchOptions& options) {
  const search_detail::CompiledConstraints constraints(problem, query);
  return search_detail::run_query(problem, query, constraints, options);
}

struct Planner::Impl {
  Impl(PartitionProblem given, Query asked)
      : problem(std::move(given)),
        query(std::move(asked)),
        measured_s(problem.block_s),
        measured_setup_s(problem.setup_s),
        measured_codecs(problem.codecs),
        constraints(problem, query) {}

  PartitionProblem problem;
  Query query;
  // As at the beginning: slowdown 1.
  std::vector<std::vector<double>> measured_s;
  std::vector<std::vector<double>> measured_setup_s;
  std::vector<CodecCosts> measured_codecs;
  search_detail::CompiledConstraints constraints;  // names and blocks do not change
};

Planner::Planner(PartitionProblem&& problem, Query query)
    : impl_(std::make_unique<Impl>(std::move(problem), std::move(query))) {}

Planner::~Planner() = default;
Planner::Planner(Planner&&) noexcept = default;
Planner& Planner::operator=(Planner&&) noexcept = default;

void Planner::set_link(int from, int to, std::optional<Link> link) {
  const std::vector<System>& systems = impl_->problem.systems;
  const std::size_t row = require_in(systems, from, "system", "planner") * systems.size();
  const std::size_t column = require_in(systems, to, "system", "planner");
  search_detail::validate_link(link);
  impl_->problem.links[row + column] = std::move(link);
}

void Planner::set_link(std::string_view from, std::string_view to, std::optional<Link> link) {
  set_link(problem().system_index(from), problem().system_index(to), std::move(link));
}

void Planner::set_slowdown(int system, double factor) {
  require_in(impl_->problem.systems, system, "system", "planner");
  if (!(factor > 0 && std::isfinite(factor))) {
    throw_invalid_argument(fmt::format("a slowdown must be above 0 and finite, not {}", factor),
                           "planner");
  }
  const auto scale = [&](const auto& measured, auto& current) {
    if (measured.empty()) return;
    std::transform(measured[system].begin(), measured[system].end(), current[system].begin(),
                   [factor](double seconds) { return seconds * factor; });
  };
  scale(impl_->measured_s, impl_->problem.block_s);
  scale(impl_->measured_setup_s, impl_->problem.setup_s);
  for (std::size_t i = 0; i < impl_->measured_codecs.size(); ++i) {
    scale(impl_->measured_codecs[i].encode_s, impl_->problem.codecs[i].encode_s);
    scale(impl_->measured_codecs[i].decode_s, impl_->problem.codecs[i].decode_s);
  }
}

void Planner::set_slowdown(std::string_view system, double factor) {
  set_slowdown(problem().system_index(system), factor);
}

PlanCost Planner::cost(const Plan& plan) const {
  return plan_cost(impl_->problem, plan, impl_->query.input_bytes);
}

const PartitionProblem& Planner::problem() const { return impl_->problem; }

const Query& Planner::query() const { return impl_->query; }

SearchResult Planner::plan(const SearchOptions& options) {
  return search_detail::run_query(impl_->problem, impl_->query, impl_->constraints, options);
}

}  // namespace scission
