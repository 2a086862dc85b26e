#include "search/visit_prices.hpp"

#include <algorithm>
#include <numeric>

namespace scission::search_detail {
namespace {

constexpr int patience = 4;  // steps without progress before they shorten

struct Bound {
  double amount = 0;
  std::vector<int> excess_visits;  // [system]: visits − 1
};

class Subgradient {
 public:
  Subgradient(const Space& space, const History& history, const StepWeights& weights)
      : space_(space), history_(history), weights_(weights), prices_(space.system_count(), 0.0) {}

  std::vector<double> run(double upper_bound, int steps, const Deadline& deadline) {
    std::vector<double> best_prices = prices_;
    double best = -1;
    double length = 1;
    int idle = 0;
    for (int step = 0; step < steps && !deadline.has_passed(); ++step) {
      const Bound bound = evaluate();
      if (step == 0 || bound.amount > best) {
        best = bound.amount;
        best_prices = prices_;
        idle = 0;
      } else if (++idle == patience) {
        idle = 0;
        length /= 2;
      }
      if (!move(bound, length * (upper_bound - bound.amount))) break;
    }
    return best_prices;
  }

 private:
  Bound evaluate() const {
    StepWeights weights = weights_;
    weights.add(1, {std::vector<double>(prices_.size(), 0.0), 0, {}, prices_});
    StepCosts costs(space_, weights, true);
    const CostToGo to_go(space_, history_, costs);
    Bound bound{
        costs.ticks().amount(to_go.least()) - std::accumulate(prices_.begin(), prices_.end(), 0.0),
        std::vector<int>(prices_.size(), -1)};
    for (const Stage& stage : to_go.best_walk().stages) ++bound.excess_visits[stage.system];
    return bound;
  }

  // Towards what is visited too often. False when nothing is, or the bound is met.
  bool move(const Bound& bound, double distance) {
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

  const Space& space_;
  const History& history_;
  const StepWeights& weights_;
  std::vector<double> prices_;
};

}  // namespace

std::vector<double> price_visits(const Space& space, const History& history,
                                 const StepWeights& weights, double upper_bound, int steps,
                                 const Deadline& deadline) {
  return Subgradient(space, history, weights).run(upper_bound, steps, deadline);
}

}  // namespace scission::search_detail
