#include "scission/search/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "scission/base/error.hpp"
#include "search/ranking.hpp"

namespace scission {
namespace {

// In the order of the metrics.
constexpr std::array<std::optional<double> PlanLimits::*, 5> limits{
    &PlanLimits::latency_s, &PlanLimits::period_s, &PlanLimits::traffic_bytes,
    &PlanLimits::energy_j, &PlanLimits::money};

[[noreturn]] void refuse(std::string_view criterion, std::string_view why) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("criterion '{}' {}; write a layer number, !number, -1, !-1, a system's "
                          "name, or !name, separated by commas",
                          criterion, why));
}

void add_layer(Criteria& criteria, int layer, bool negated, std::string_view criterion) {
  if (layer < -1) refuse(criterion, "is below -1");
  if (layer == -1) {
    if (criteria.is_used && *criteria.is_used != negated) refuse(criterion, "contradicts another");
    criteria.is_used = negated;
  } else {
    (negated ? criteria.excluded_layers : criteria.layers).push_back(layer);
  }
}

void add_criterion(Criteria& criteria, std::string_view criterion) {
  std::string_view rest = criterion;
  const bool negated = rest.starts_with('!');
  if (negated) rest = text::trim(rest.substr(1));
  const bool is_name = rest.starts_with('@');
  if (is_name) rest.remove_prefix(1);
  if (rest.empty()) refuse(criterion, "is empty");

  const bool looks_like_number =
      rest.find_first_not_of("0123456789", rest.front() == '-' ? 1 : 0) == std::string_view::npos;
  if (is_name || !looks_like_number) {
    (negated ? criteria.excluded_systems : criteria.systems).emplace_back(rest);
    return;
  }
  const std::optional<int> layer = text::to_int(rest);
  if (!layer) refuse(criterion, "is not a layer number");
  add_layer(criteria, *layer, negated, criterion);
}

}  // namespace

bool Criteria::requires_use() const {
  return is_used.value_or(false) || !layers.empty() || !systems.empty();
}

Criteria parse_criteria(std::string_view criteria_text) {
  Criteria criteria;
  for (std::string_view criterion : text::split(criteria_text, ',')) {
    add_criterion(criteria, text::trim(criterion));
  }
  return criteria;
}

TimeLimit parse_time_limit(std::string_view limit_text) {
  std::string_view number = text::trim(limit_text);
  const bool is_share = number.ends_with('%');
  if (is_share) number = text::trim(number.substr(0, number.size() - 1));
  const std::optional<double> value = text::to_double(number);
  if (!value || *value < 0 || (is_share && *value > 100)) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("time limit '{}' is neither seconds (0.8) nor a share (20%)", limit_text));
  }
  return {is_share ? *value / 100 : *value, is_share};
}

KeepOn parse_keep_on(const std::string& name, std::string_view layers) {
  const std::size_t dash = layers.find('-');
  const auto first = text::to_int(layers.substr(0, dash));
  const auto last = dash == layers.npos ? first : text::to_int(layers.substr(dash + 1));
  if (!first || !last || *first < 0 || *last < *first) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("'{}' is neither layers FIRST-LAST nor one layer", layers));
  }
  return {name, *first, *last};
}

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
  return objective.period > 0 && rest == Objective{0, 0, 0, 0, 0};
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
    objective.least_period_s = least_period_s(problem, constraints, deadline);
    if (std::isinf(objective.least_period_s)) return {{}, 0, false, objective.least_period_s};
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
  result.is_optimal = !ranking.was_stopped;
  result.proven_count = ranking.proven_count;
  result.bound = ranking.bound;
  result.missing_links = graph.missing_links();
  return result;
}

}  // namespace search_detail

double relative_gap(const PartitionProblem& problem, const Query& query,
                    const SearchResult& result) {
  if (result.plans.empty()) return std::numeric_limits<double>::quiet_NaN();
  if (result.proven_count > 0) return 0;
  const PlanCost best = plan_cost(problem, result.plans.front(), query.input_bytes);
  const double amount = objective_value(query.objective, best);
  return amount > 0 ? std::clamp((amount - result.bound) / amount, 0.0, 1.0) : 0;
}

SearchResult search(const PartitionProblem& problem, const Query& query,
                    const SearchOptions& options) {
  const search_detail::CompiledConstraints constraints(problem, query);
  return search_detail::run_query(problem, query, constraints, options);
}

}  // namespace scission
