#include "search/multipliers.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace scission::search_detail {
namespace {

constexpr int most_rounds = 3;
constexpr int most_steps = 12;

// A walk seen by the dual: what it costs, and by how much it exceeds each limit.
struct Point {
  double objective = 0;
  std::vector<double> excess;
};

class Dual {
 public:
  Dual(const Space& space, const History& history, const StepCosts& objective,
       const std::vector<SumBound>& sums, const Deadline& deadline)
      : space_(space),
        history_(history),
        objective_(objective),
        sums_(sums),
        deadline_(deadline),
        prices_(sums.size(), 0.0) {}

  PricedObjective maximize() {
    for (int round = 0; round < most_rounds; ++round) {
      bool changed = false;
      for (std::size_t k = 0; k < sums_.size() && !deadline_.has_passed(); ++k) {
        changed = improve(k) || changed;
      }
      if (!changed) break;
    }
    return priced();
  }

 private:
  Point point_of(const Plan& plan) const {
    Point point{objective_.ticks().amount(objective_.sum_of(plan)), {}};
    for (const SumBound& sum : sums_) {
      point.excess.push_back(sum.costs->ticks().amount(sum.costs->sum_of(plan)) -
                             sum.costs->ticks().amount(sum.most));
    }
    return point;
  }

  StepWeights priced_weights() const {
    StepWeights weights = objective_.weights();
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      if (prices_[k] > 0) weights.add(prices_[k], sums_[k].costs->weights());
    }
    return weights;
  }

  // The cheapest walk at the present prices.
  std::optional<Point> cheapest() const {
    StepCosts costs(space_, priced_weights(), true);
    const CostToGo to_go(space_, history_, costs);
    if (to_go.least() >= unreachable) return std::nullopt;
    return point_of(to_go.best_walk());
  }

  // The objective with every limit priced but the k-th.
  double cost_without(std::size_t k, const Point& point) const {
    double cost = point.objective;
    for (std::size_t j = 0; j < sums_.size(); ++j) {
      if (j != k) cost += prices_[j] * point.excess[j];
    }
    return cost;
  }

  // Sets the k-th price to its best, the others held. Whether it changed by much.
  bool improve(std::size_t k) {
    const double before = prices_[k];
    prices_[k] = 0;
    std::optional<Point> over = cheapest();
    if (!over || over->excess[k] <= 0) return before > 0;
    Point within = point_of(sums_[k].to_go->best_walk());
    if (within.excess[k] > 0) return false;
    for (int step = 0; step < most_steps && !deadline_.has_passed(); ++step) {
      const double rise = cost_without(k, within) - cost_without(k, *over);
      prices_[k] = std::max(0.0, rise / (over->excess[k] - within.excess[k]));
      const std::optional<Point> found = cheapest();
      if (!found || !lies_below(*found, *over, k)) break;
      (found->excess[k] > 0 ? *over : within) = *found;
    }
    return std::fabs(prices_[k] - before) > 1e-6 * prices_[k];
  }

  bool lies_below(const Point& found, const Point& line, std::size_t k) const {
    const double at_line = cost_without(k, line) + prices_[k] * line.excess[k];
    const double at_found = cost_without(k, found) + prices_[k] * found.excess[k];
    return at_found < at_line - 1e-9 * std::fabs(at_line);
  }

  // The offset is rounded up, so that the bound stays one.
  PricedObjective priced() const {
    PricedObjective result{priced_weights(), 0, false};
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      if (prices_[k] <= 0) continue;
      const double part = prices_[k] * sums_[k].costs->ticks().amount(sums_[k].most);
      result.offset += part + std::fabs(part) * 1e-11;
      result.has_prices = true;
    }
    return result;
  }

  const Space& space_;
  const History& history_;
  const StepCosts& objective_;
  const std::vector<SumBound>& sums_;
  const Deadline& deadline_;
  std::vector<double> prices_;
};

bool keeps_limits(const std::vector<SumBound>& sums, const Plan& plan) {
  for (const SumBound& sum : sums) {
    if (sum.costs->sum_of(plan) > sum.most) return false;
  }
  return true;
}

}  // namespace

PricedObjective price_limits(const Space& space, const History& history, const StepCosts& objective,
                             const CostToGo& objective_to_go, const std::vector<SumBound>& sums,
                             const Deadline& deadline) {
  if (sums.empty() || keeps_limits(sums, objective_to_go.best_walk()))
    return {objective.weights(), 0, false};
  return Dual(space, history, objective, sums, deadline).maximize();
}

}  // namespace scission::search_detail
