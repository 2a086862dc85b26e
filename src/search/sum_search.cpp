#include "search/sum_search.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include "base/numbers.hpp"
#include "search/best_first.hpp"
#include "search/improvise.hpp"
#include "search/multipliers.hpp"
#include "search/visit_prices.hpp"

namespace scission::search_detail {
namespace {

// A limited sum with its tables, kept where they are: SumBound points to them.
struct LimitTables {
  StepCosts costs;
  CostToGo to_go;
  Cost most;

  LimitTables(const Space& space, const History& history, const SumLimit& limit)
      : costs(space, limit.weights, false), to_go(space, history, costs) {
    // Every step is rounded to a tick.
    const Cost rounding = Ticks::tick * (2 * space.block_count() + 2);
    most = std::min(unreachable, costs.ticks().limit(limit.most) + rounding);
  }

  bool can_be_kept() const { return to_go.least() <= most; }
};

class SumSearch {
 public:
  SumSearch(const Space& space, const SumObjective& objective, const std::vector<SumLimit>& limits,
            int result_count, const Deadline& deadline)
      : space_(space),
        objective_(objective),
        result_count_(result_count),
        deadline_(deadline),
        forgetful_(space.rules()),
        history_(space.rules(), {}),
        costs_(space, objective.weights, ticks_for(objective.weights, 0), true) {
    for (const SumLimit& limit : limits) {
      limits_.push_back(std::make_unique<LimitTables>(space, forgetful_, limit));
      bounds_.push_back({&limits_.back()->costs, &limits_.back()->to_go, limits_.back()->most});
    }
  }

  Ranking rank() {
    const bool can_keep_limits = std::all_of(
        limits_.begin(), limits_.end(), [](const auto& limit) { return limit->can_be_kept(); });
    if (!can_keep_limits) return nothing();
    to_go_ = std::make_unique<CostToGo>(space_, history_, costs_);
    if (to_go_->least() >= unreachable) return nothing();
    price();
    keep_from_revisiting();
    return enumerate();
  }

 private:
  static Ranking nothing() { return {{}, 0, false, infinity}; }

  // Where limits bind, the guide becomes the objective with prices.
  void price() {
    const PricedObjective priced =
        price_limits(space_, history_, costs_, *to_go_, bounds_, deadline_);
    if (priced.has_prices) guide_by(priced.weights, priced.offset);
  }

  // From now on sets of plans are ordered by a lower bound on the objective: these weights less
  // the offset.
  void guide_by(const StepWeights& weights, double offset) {
    const Ticks ticks = ticks_for(weights, offset);
    if (!guide_) bounds_.insert(bounds_.begin(), {&costs_, nullptr, unreachable});
    costs_ = StepCosts(space_, objective_.weights, ticks, true);
    guide_ = std::make_unique<StepCosts>(space_, weights, ticks, true);
    guide_offset_ = offset;
    offset_ = ticks(offset) + Ticks::tick * (2 * space_.block_count() + 2);
    to_go_ = std::make_unique<CostToGo>(space_, history_, *guide_);
  }

  // For the objective, its period's part, and the guide alike.
  Ticks ticks_for(const StepWeights& weights, double offset) const {
    const double bound = std::max(StepCosts::bound_of(space_, weights) + std::fabs(offset),
                                  StepCosts::bound_of(space_, objective_.weights)) +
                         objective_.period_weight * space_.bound_s();
    return {bound, "model " + space_.problem().model};
  }

  StepCosts& guide() { return guide_ ? *guide_ : costs_; }

  // Systems that may be visited once: the history learns to remember those that the cheapest walk
  // visits twice. Where that would make the tables too large, visits get prices first.
  void keep_from_revisiting() {
    const Rules& rules = space_.rules();
    if (rules.in_platform_order || rules.may_revisit) return;
    if (remember_revisited() || deadline_.has_passed()) return;
    forget();
    if (price_visits()) remember_revisited();
  }

  // Whether the cheapest walk is a plan now.
  bool remember_revisited() {
    std::vector<int> critical;
    while (!deadline_.has_passed() && to_go_->least() < unreachable) {
      const std::vector<int> repeated = repeated_systems(to_go_->best_walk());
      if (repeated.empty()) return true;
      const std::size_t known = critical.size();
      critical.insert(critical.end(), repeated.begin(), repeated.end());
      while (!is_affordable(critical)) critical.pop_back();
      if (critical.size() <= known) return false;
      remember(critical);
    }
    return true;
  }

  void remember(const std::vector<int>& critical) {
    history_ = History(space_.rules(), critical);
    to_go_ = std::make_unique<CostToGo>(space_, history_, guide());
  }

  void forget() { remember({}); }

  bool price_visits() {
    constexpr int most_steps = 40;
    const std::vector<Plan> known = improvise(enumeration());
    if (known.empty()) return false;
    const Ticks& ticks = guide().ticks();
    const double aim = ticks.amount(guide().sum_of(known.front()));
    const StepWeights unpriced = guide().weights();
    const std::vector<double> prices =
        search_detail::price_visits(space_, history_, unpriced, aim, most_steps, deadline_);
    const double sum = std::accumulate(prices.begin(), prices.end(), 0.0);
    if (sum <= 0) return false;
    StepWeights priced = unpriced;
    priced.add(1, {std::vector<double>(prices.size(), 0.0), 0, {}, prices});
    guide_by(priced, guide_offset_ + sum * (1 + 1e-11));
    return true;
  }

  // Those visited twice or more, the most often visited first.
  static std::vector<int> repeated_systems(const Plan& walk) {
    std::map<int, int> visits;
    for (const Stage& stage : walk.stages) ++visits[stage.system];
    std::vector<std::pair<int, int>> repeated;
    for (const auto& [system, count] : visits) {
      if (count > 1) repeated.emplace_back(-count, system);
    }
    std::sort(repeated.begin(), repeated.end());
    std::vector<int> systems;
    for (const auto& [count, system] : repeated) systems.push_back(system);
    return systems;
  }

  bool is_affordable(const std::vector<int>& critical) const {
    constexpr double most_states = 600'000;
    constexpr double most_steps = 60e6;
    if (critical.empty()) return true;
    const History plain(space_.rules(), {});
    const double states = std::ldexp(plain.count(), static_cast<int>(critical.size())) *
                          (space_.block_count() + 1) * space_.system_count();
    return critical.size() + space_.rules().demands.size() <= most_history_bits &&
           states <= most_states && states * space_.system_count() <= most_steps;
  }

  Enumeration enumeration() {
    Enumeration all;
    all.space = &space_;
    all.history = &history_;
    all.objective = &costs_;
    all.guide = &guide();
    all.to_go = to_go_.get();
    all.offset = offset_;
    all.sums = bounds_;
    all.period_weight = objective_.period_weight;
    all.least_period = space_.clock()(objective_.least_period_s);
    all.result_count = result_count_;
    return all;
  }

  Ranking enumerate() {
    const Enumeration all = enumeration();
    BestFirst best_first(all, deadline_);

    Ranking ranking;
    while (static_cast<int>(ranking.plans.size()) < result_count_) {
      std::optional<Plan> plan = best_first.next();
      if (!plan) break;
      ranking.plans.push_back(std::move(*plan));
    }
    ranking.proven_count = static_cast<int>(ranking.plans.size());
    ranking.was_stopped = best_first.was_stopped();
    ranking.bound = amount_of(best_first.bound());
    const bool is_full = ranking.proven_count == result_count_;
    if (is_full && best_first.has_dropped()) {
      ranking.bound = amount_of(all.exact_cost(ranking.plans.back()));
    }
    if (ranking.was_stopped) add_unproven(all, ranking);
    return ranking;
  }

  double amount_of(Cost cost) const {
    return cost >= unreachable ? infinity : costs_.ticks().amount(cost);
  }

  // The best that can be had in a hurry, behind what is proven.
  void add_unproven(const Enumeration& all, Ranking& ranking) const {
    for (Plan& plan : improvise(all)) {
      const auto same = std::find(ranking.plans.begin(), ranking.plans.end(), plan);
      if (same == ranking.plans.end()) ranking.plans.push_back(std::move(plan));
    }
    if (static_cast<int>(ranking.plans.size()) > result_count_) {
      ranking.plans.resize(result_count_);
    }
  }

  const Space& space_;
  const SumObjective& objective_;
  const int result_count_;
  const Deadline& deadline_;
  History forgetful_;
  History history_;
  StepCosts costs_;                   // the objective's
  std::unique_ptr<StepCosts> guide_;  // empty: the objective itself
  double guide_offset_ = 0;           // what the guide is above the bound, in the objective's unit
  Cost offset_ = 0;                   // the same in ticks, rounded up
  std::unique_ptr<CostToGo> to_go_;   // of the guide
  std::vector<std::unique_ptr<LimitTables>> limits_;
  std::vector<SumBound> bounds_;
};

}  // namespace

Ranking rank_by_sum(const Space& space, const SumObjective& objective,
                    const std::vector<SumLimit>& limits, int result_count,
                    const Deadline& deadline) {
  return SumSearch(space, objective, limits, result_count, deadline).rank();
}

}  // namespace scission::search_detail
