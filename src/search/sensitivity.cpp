#include "scission/search/analysis.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <utility>

#include "scission/base/error.hpp"
#include "scission/base/units.hpp"
#include "scission/search/planner.hpp"
#include "search/lower_envelope.hpp"
#include "search/search_budget.hpp"
#include "search/sensitivity_checks.hpp"

namespace scission {
namespace {

/// The best plan at a parameter on which all costs depend linearly.
class BestPlans {
 public:
  using Change = std::function<void(Planner&, double)>;

  BestPlans(const PartitionProblem& problem, Query query, const SearchOptions& options,
            Change change, double left, double right)
      : budget_(options),
        change_(std::move(change)),
        planner_(problem, just_one(std::move(query))) {
    change_(planner_, left);
    at_left_ = planner_.problem();
    change_(planner_, right);
    at_right_ = planner_.problem();
  }

  CostLine at(double parameter) {
    change_(planner_, parameter);
    const SearchResult result = planner_.plan(budget_.rest());
    if (!result.is_optimal) {
      throw Error(ErrorCode::infeasible,
                  "the search ended before the ranges were known; give it more time",
                  "sensitivity");
    }
    if (result.plans.empty()) {
      throw Error(ErrorCode::infeasible, "no plan fits the constraints", "sensitivity");
    }
    const Plan& plan = result.plans.front();
    return {plan, cost_in(at_left_, plan), cost_in(at_right_, plan)};
  }

 private:
  static Query just_one(Query query) {
    query.result_count = 1;
    return query;
  }

  double cost_in(const PartitionProblem& problem, const Plan& plan) const {
    const Query& query = planner_.query();
    return objective_value(query.objective, plan_cost(problem, plan, query.input_bytes));
  }

  SearchBudget budget_;
  Change change_;
  Planner planner_;
  PartitionProblem at_left_;
  PartitionProblem at_right_;
};

std::vector<EnvelopePiece> best_over(BestPlans& plans, double left, double right) {
  return lower_envelope([&plans](double parameter) { return plans.at(parameter); }, left, right);
}

double seconds_per_byte(Link link, double megabits_per_s) {
  link.megabits_per_s = megabits_per_s;
  if (link.bytes_per_s() < 1 || std::isinf(link.bytes_per_s())) {
    refuse_sensitivity(
        fmt::format("{:g} Mbit/s is less than a byte a second, or too much", megabits_per_s));
  }
  return 1 / link.bytes_per_s();
}

double megabits_per_s(double seconds_per_byte) {
  return 1 / (seconds_per_byte * bytes_per_megabit);
}

/// The link at any speed: as two points of a curve, which nothing rounds to whole bytes a second.
Link at_speed(Link link, double seconds_per_byte) {
  constexpr double far_bytes = 1e12;
  link.curve = {{0, link.ping_s()}, {far_bytes, link.ping_s() + far_bytes * seconds_per_byte}};
  return link;
}

/// From seconds a byte, ascending, to Mbit/s, ascending.
std::vector<SensitivityRange> over_bandwidth(const std::vector<EnvelopePiece>& pieces, double low,
                                             double high) {
  std::vector<SensitivityRange> ranges;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    ranges.push_back({megabits_per_s(piece->right), megabits_per_s(piece->left), piece->plan,
                      piece->value_at_right, piece->value_at_left, true});
  }
  ranges.front().low = low;
  ranges.back().high = high;
  return ranges;
}

std::vector<SensitivityRange> over_factor(const std::vector<EnvelopePiece>& pieces) {
  std::vector<SensitivityRange> ranges;
  for (const EnvelopePiece& piece : pieces) {
    ranges.push_back(
        {piece.left, piece.right, piece.plan, piece.value_at_left, piece.value_at_right, false});
  }
  return ranges;
}

}  // namespace

double SensitivityRange::value_at(double x) const {
  const double share =
      is_over_bandwidth ? (1 / x - 1 / low) / (1 / high - 1 / low) : (x - low) / (high - low);
  return value_at_low + (value_at_high - value_at_low) * share;
}

std::vector<SensitivityRange> bandwidth_sensitivity(const PartitionProblem& problem,
                                                    const Query& query, int from, int to,
                                                    double low_megabits_per_s,
                                                    double high_megabits_per_s,
                                                    const SearchOptions& options) {
  require_link(problem, from, to);
  require_range(low_megabits_per_s, high_megabits_per_s);
  require_unmoved(query, {Metric::latency, Metric::period}, "bandwidth");
  const Link link = *problem.link(from, to);
  const double left = seconds_per_byte(link, high_megabits_per_s);
  const double right = seconds_per_byte(link, low_megabits_per_s);
  const auto change = [link, from, to](Planner& planner, double seconds) {
    planner.set_link(from, to, at_speed(link, seconds));
  };
  BestPlans plans(problem, query, options, change, left, right);
  return over_bandwidth(best_over(plans, left, right), low_megabits_per_s, high_megabits_per_s);
}

std::vector<SensitivityRange> slowdown_sensitivity(const PartitionProblem& problem,
                                                   const Query& query, int system,
                                                   double low_factor, double high_factor,
                                                   const SearchOptions& options) {
  require_system(problem, system);
  require_range(low_factor, high_factor);
  require_unmoved(query, {Metric::latency, Metric::period, Metric::energy, Metric::money},
                  "slowdown");
  require_compute_unmoved(problem, query, system);
  const auto change = [system](Planner& planner, double factor) {
    planner.set_slowdown(system, factor);
  };
  BestPlans plans(problem, query, options, change, low_factor, high_factor);
  return over_factor(best_over(plans, low_factor, high_factor));
}

}  // namespace scission
