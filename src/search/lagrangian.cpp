#include "search/lagrangian.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace scission::search_detail {
namespace {

// --- Limited sums ---

constexpr int max_rounds = 3;
constexpr int max_dual_steps = 12;

// A walk as the dual sees it: its cost, and by how much it exceeds each limit.
struct Point {
  double objective = 0;
  std::vector<double> excess;
};

class Dual {
 public:
  Dual(const LimitedObjective& limited, const Deadline& deadline)
      : limited_(limited),
        sums_(limited.sums),
        deadline_(deadline),
        prices_(limited.sums.size(), 0.0) {}

  PricedObjective maximize() {
    for (int round = 0; round < max_rounds; ++round) {
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
    Point point{limited_.objective.ticks().amount(limited_.objective.sum_of(plan)), {}};
    for (const SumBound& sum : sums_) {
      point.excess.push_back(sum.costs->ticks().amount(sum.costs->sum_of(plan)) -
                             sum.costs->ticks().amount(sum.max));
    }
    return point;
  }

  StepWeights priced_weights() const {
    StepWeights weights = limited_.objective.weights();
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      if (prices_[k] > 0) weights.add(prices_[k], sums_[k].costs->weights());
    }
    return weights;
  }

  // The cheapest walk at the present prices.
  std::optional<Point> cheapest() const {
    StepCosts costs(limited_.graph, priced_weights(), true);
    const CostToGo to_go(limited_.graph, limited_.states, costs);
    if (to_go.least() >= unreachable) return std::nullopt;
    return point_of(to_go.best_walk());
  }

  // The objective with every limit priced except the k-th.
  double cost_without(std::size_t k, const Point& point) const {
    double cost = point.objective;
    for (std::size_t j = 0; j < sums_.size(); ++j) {
      if (j != k) cost += prices_[j] * point.excess[j];
    }
    return cost;
  }

  // Sets the k-th price to its optimum with the others fixed. Whether it changed noticeably.
  //
  // As a function of this price, the cost of every walk is a line, cost_without(k) + price ·
  // excess, and the dual function is the minimum of the lines: concave and piecewise linear. Its
  // maximum is where a rising line (`over` the limit) meets a falling one (`within`). Each step
  // takes the intersection of the two as the price; a cheaper walk there replaces the line of its
  // side, until none lies below the intersection.
  bool improve(std::size_t k) {
    const double before = prices_[k];
    prices_[k] = 0;
    std::optional<Point> over = cheapest();
    if (!over || over->excess[k] <= 0) return before > 0;
    Point within = point_of(sums_[k].to_go->best_walk());
    if (within.excess[k] > 0) return false;
    for (int step = 0; step < max_dual_steps && !deadline_.has_passed(); ++step) {
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

  // The offset is rounded up, so that the bound stays valid.
  PricedObjective priced() const {
    PricedObjective result{priced_weights(), 0, false};
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      if (prices_[k] <= 0) continue;
      const double part = prices_[k] * sums_[k].costs->ticks().amount(sums_[k].max);
      result.offset += part + std::fabs(part) * 1e-11;
      result.has_prices = true;
    }
    return result;
  }

  const LimitedObjective& limited_;
  const std::vector<SumBound>& sums_;
  const Deadline& deadline_;
  std::vector<double> prices_;
};

bool keeps_limits(const std::vector<SumBound>& sums, const Plan& plan) {
  for (const SumBound& sum : sums) {
    if (sum.costs->sum_of(plan) > sum.max) return false;
  }
  return true;
}

// --- Visits ---

constexpr int patience = 4;  // steps without progress before the step length is halved

struct VisitBound {
  double amount = 0;
  std::vector<int> excess_visits;  // [system]: visits − 1
};

class Subgradient {
 public:
  Subgradient(const SearchGraph& graph, const LabelStates& states, const StepWeights& weights)
      : graph_(graph), states_(states), weights_(weights), prices_(graph.system_count(), 0.0) {}

  std::vector<double> run(const SubgradientOptions& options, const Deadline& deadline) {
    std::vector<double> best_prices = prices_;
    double best = -1;
    double length = 1;
    int idle = 0;
    for (int step = 0; step < options.max_steps && !deadline.has_passed(); ++step) {
      const VisitBound bound = evaluate();
      if (step == 0 || bound.amount > best) {
        best = bound.amount;
        best_prices = prices_;
        idle = 0;
      } else if (++idle == patience) {
        idle = 0;
        length /= 2;
      }
      if (!move(bound, length * (options.upper_bound - bound.amount))) break;
    }
    return best_prices;
  }

 private:
  VisitBound evaluate() const {
    StepWeights weights = weights_;
    weights.add(1, {std::vector<double>(prices_.size(), 0.0), 0, {}, prices_});
    StepCosts costs(graph_, weights, true);
    const CostToGo to_go(graph_, states_, costs);
    VisitBound bound{
        costs.ticks().amount(to_go.least()) - std::accumulate(prices_.begin(), prices_.end(), 0.0),
        std::vector<int>(prices_.size(), -1)};
    for (const Stage& stage : to_go.best_walk().stages) ++bound.excess_visits[stage.system];
    return bound;
  }

  // Raises the prices of systems that are visited too often. False when there are none, or when
  // the bound has reached the upper bound.
  bool move(const VisitBound& bound, double distance) {
    double square = 0;
    bool is_repeated = false;
    for (std::size_t system = 0; system < prices_.size(); ++system) {
      const int excess = bound.excess_visits[system];
      is_repeated = is_repeated || excess > 0;
      if (excess > 0 || prices_[system] > 0) square += static_cast<double>(excess) * excess;
    }
    if (!is_repeated || distance <= 0) return false;
    for (std::size_t system = 0; system < prices_.size(); ++system) {
      const double step = distance / square * bound.excess_visits[system];
      prices_[system] = std::max(0.0, prices_[system] + step);
    }
    return true;
  }

  const SearchGraph& graph_;
  const LabelStates& states_;
  const StepWeights& weights_;
  std::vector<double> prices_;
};

}  // namespace

PricedObjective price_limits(const LimitedObjective& limited, const Deadline& deadline) {
  if (limited.sums.empty() || keeps_limits(limited.sums, limited.to_go.best_walk())) {
    return {limited.objective.weights(), 0, false};
  }
  return Dual(limited, deadline).maximize();
}

std::vector<double> price_visits(const SearchGraph& graph, const LabelStates& states,
                                 const StepWeights& weights, const SubgradientOptions& options,
                                 const Deadline& deadline) {
  return Subgradient(graph, states, weights).run(options, deadline);
}

}  // namespace scission::search_detail
