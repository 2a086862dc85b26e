// rank_by_sum() in four phases. Each takes the value that the phase before it returned:
//
//   LimitedSums  every limited sum, with its cost to go over the state-space relaxation
//   Relaxation   the objective with its cost to go: a lower bound on every completion of a prefix
//   Relaxation,  where limits bind: the Lagrangian; where each system may be visited once: label
//   tightened    states that remember the systems which the cheapest walk repeats
//   Ranking      best-first enumeration, ordered by the relaxation
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "base/numbers.hpp"
#include "search/best_first.hpp"
#include "search/lagrangian.hpp"
#include "search/ranking.hpp"

namespace scission::search_detail {
namespace {

Ranking no_plan() { return {{}, 0, false, infinity}; }

// Every step of a plan is rounded to a tick.
Cost rounding_of(const SearchGraph& graph) { return Ticks::tick * (2 * graph.block_count() + 2); }

struct LimitTables {
  StepCosts costs;
  CostToGo to_go;
  Cost max;

  LimitTables(const SearchGraph& graph, const LabelStates& relaxed, const SumLimit& limit)
      : costs(graph, limit.weights, false), to_go(graph, relaxed, costs) {
    max = std::min(unreachable, costs.ticks().limit(limit.max) + rounding_of(graph));
  }
};

class LimitedSums {
 public:
  LimitedSums(const SearchGraph& graph, const std::vector<SumLimit>& limits)
      : relaxed_(graph.constraints()) {
    for (const SumLimit& limit : limits) {
      tables_.push_back(std::make_unique<LimitTables>(graph, relaxed_, limit));
      const LimitTables& tables = *tables_.back();
      bounds_.push_back({&tables.costs, &tables.to_go, tables.max});
    }
  }

  // Whether each limit, alone, leaves a walk.
  bool are_satisfiable() const {
    return std::all_of(tables_.begin(), tables_.end(),
                       [](const auto& table) { return table->to_go.least() <= table->max; });
  }

  const std::vector<SumBound>& bounds() const { return bounds_; }

 private:
  LabelStates relaxed_;
  std::vector<std::unique_ptr<LimitTables>> tables_;  // bounds_ point into them
  std::vector<SumBound> bounds_;
};

// Step costs that, less an offset, bound the objective from below. All are in the same ticks.
struct RelaxedCosts {
  StepCosts objective;
  std::optional<StepCosts> priced;  // empty: the objective itself
  double offset = 0;                // in the objective's unit
  Cost offset_cost = 0;             // in ticks, rounded up

  StepCosts& relaxed() { return priced ? *priced : objective; }
};

// The lower bound by which prefixes are ordered. A value: copies share the tables.
struct Relaxation {
  std::shared_ptr<RelaxedCosts> costs;
  std::shared_ptr<const LabelStates> states;
  std::shared_ptr<const CostToGo> to_go;
};

Relaxation make_relaxation(const SearchGraph& graph, std::shared_ptr<RelaxedCosts> costs,
                           const std::vector<int>& critical) {
  auto states = std::make_shared<const LabelStates>(graph.constraints(), critical);
  auto to_go = std::make_shared<const CostToGo>(graph, *states, costs->relaxed());
  return {std::move(costs), std::move(states), std::move(to_go)};
}

// Systems that a walk visits more than once, the most often visited first.
std::vector<int> repeated_systems(const Plan& walk) {
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

// Whether label states that remember these systems give tables of a reasonable size.
bool is_affordable(const SearchGraph& graph, const std::vector<int>& critical) {
  constexpr double max_entries = 600'000;
  constexpr double max_steps = 60e6;
  if (critical.empty()) return true;
  const CompiledConstraints& constraints = graph.constraints();
  const LabelStates plain(constraints, {});
  const double entries = std::ldexp(plain.count(), static_cast<int>(critical.size())) *
                         (graph.block_count() + 1) * graph.system_count();
  return critical.size() + constraints.demands.size() <= max_state_bits && entries <= max_entries &&
         entries * graph.system_count() <= max_steps;
}

class SumSearch {
 public:
  SumSearch(const SearchGraph& graph, const SumObjective& objective,
            const std::vector<SumLimit>& limits, int result_count, const Deadline& deadline)
      : graph_(graph),
        objective_(objective),
        limits_(graph, limits),
        result_count_(result_count),
        deadline_(deadline) {}

  Ranking rank() const {
    if (!limits_.are_satisfiable()) return no_plan();
    Relaxation relaxation = relax_states();
    if (relaxation.to_go->least() >= unreachable) return no_plan();
    relaxation = with_priced_limits(relaxation);
    if (graph_.constraints().visits_once()) relaxation = without_repeats(relaxation);
    return enumerate(relaxation);
  }

 private:
  Relaxation relax_states() const {
    const Ticks ticks = ticks_for(objective_.weights, 0);
    auto costs = std::make_shared<RelaxedCosts>(
        RelaxedCosts{StepCosts(graph_, objective_.weights, ticks, true), std::nullopt});
    return make_relaxation(graph_, std::move(costs), {});
  }

  // These weights less the offset must bound the objective from below.
  Relaxation relax_with(const StepWeights& weights, double offset) const {
    const Ticks ticks = ticks_for(weights, offset);
    auto costs = std::make_shared<RelaxedCosts>(RelaxedCosts{
        StepCosts(graph_, objective_.weights, ticks, true), StepCosts(graph_, weights, ticks, true),
        offset, ticks(offset) + rounding_of(graph_)});
    return make_relaxation(graph_, std::move(costs), {});
  }

  // Ticks that hold the objective, the period's part of it, and the relaxation.
  Ticks ticks_for(const StepWeights& weights, double offset) const {
    const double bound = std::max(StepCosts::bound_of(graph_, weights) + std::fabs(offset),
                                  StepCosts::bound_of(graph_, objective_.weights)) +
                         objective_.period_weight * graph_.bound_s();
    return {bound, "model " + graph_.problem().model};
  }

  // Where limits bind, the relaxation becomes the Lagrangian.
  Relaxation with_priced_limits(const Relaxation& relaxation) const {
    const PricedObjective priced =
        price_limits({graph_, *relaxation.states, relaxation.costs->objective, *relaxation.to_go,
                      limits_.bounds()},
                     deadline_);
    return priced.has_prices ? relax_with(priced.weights, priced.offset) : relaxation;
  }

  // Each system may be visited once. The label states learn to remember the systems that the
  // cheapest walk repeats. Where the tables would become too large, visits are priced first.
  Relaxation without_repeats(const Relaxation& plain) const {
    if (const Remembered unpriced = remember_repeated(plain);
        unpriced.is_complete || deadline_.has_passed()) {
      return unpriced.relaxation;
    }
    const std::optional<Relaxation> priced = with_priced_visits(plain);
    return priced ? remember_repeated(*priced).relaxation : plain;
  }

  struct Remembered {
    Relaxation relaxation;
    bool is_complete = true;  // false: the systems of the cheapest walk are too many to remember
  };

  Remembered remember_repeated(Relaxation relaxation) const {
    std::vector<int> critical;
    while (!deadline_.has_passed() && relaxation.to_go->least() < unreachable) {
      const std::vector<int> repeated = repeated_systems(relaxation.to_go->best_walk());
      if (repeated.empty()) break;
      const std::size_t known = critical.size();
      critical.insert(critical.end(), repeated.begin(), repeated.end());
      while (!is_affordable(graph_, critical)) critical.pop_back();
      if (critical.size() <= known) return {std::move(relaxation), false};
      relaxation = make_relaxation(graph_, relaxation.costs, critical);
    }
    return {std::move(relaxation), true};
  }

  // Empty where no prices above 0 are found.
  std::optional<Relaxation> with_priced_visits(const Relaxation& relaxation) const {
    constexpr int max_steps = 40;
    const std::vector<Plan> known = beam_search(enumeration(relaxation));
    if (known.empty()) return std::nullopt;
    const StepCosts& costs = relaxation.costs->relaxed();
    const double upper_bound = costs.ticks().amount(costs.sum_of(known.front()));
    const std::vector<double> prices =
        price_visits(graph_, *relaxation.states, costs.weights(),
                     {.upper_bound = upper_bound, .max_steps = max_steps}, deadline_);
    const double sum = std::accumulate(prices.begin(), prices.end(), 0.0);
    if (sum <= 0) return std::nullopt;
    StepWeights priced = costs.weights();
    priced.add(1, {std::vector<double>(prices.size(), 0.0), 0, {}, prices});
    return relax_with(priced, relaxation.costs->offset + sum * (1 + 1e-11));
  }

  Enumeration enumeration(const Relaxation& relaxation) const {
    Enumeration all;
    all.graph = &graph_;
    all.states = relaxation.states.get();
    all.objective = &relaxation.costs->objective;
    all.relaxed = &relaxation.costs->relaxed();
    all.to_go = relaxation.to_go.get();
    all.offset = relaxation.costs->offset_cost;
    if (relaxation.costs->priced) all.sums.push_back({all.objective, nullptr, unreachable});
    all.sums.insert(all.sums.end(), limits_.bounds().begin(), limits_.bounds().end());
    all.period_weight = objective_.period_weight;
    all.min_period = graph_.clock()(objective_.min_period_s);
    all.result_count = result_count_;
    all.prefers_period = objective_.prefers_period;
    return all;
  }

  Ranking enumerate(const Relaxation& relaxation) const {
    const Enumeration all = enumeration(relaxation);
    const auto amount_of = [&](Cost cost) {
      return cost >= unreachable ? infinity : all.objective->ticks().amount(cost);
    };
    EnumeratedPlans found = best_first_search(all, deadline_);
    const int count = static_cast<int>(found.plans.size());
    const bool is_full = count == result_count_;
    const double bound =
        amount_of(is_full && found.has_dropped ? all.exact_cost(found.plans.back()) : found.bound);
    Ranking ranking{std::move(found.plans), count, found.was_stopped, bound};
    if (ranking.was_stopped) add_unproven(all, ranking);
    return ranking;
  }

  // Appends the plans of a beam search behind the proven ones.
  void add_unproven(const Enumeration& all, Ranking& ranking) const {
    for (Plan& plan : beam_search(all)) {
      const auto same = std::find(ranking.plans.begin(), ranking.plans.end(), plan);
      if (same == ranking.plans.end()) ranking.plans.push_back(std::move(plan));
    }
    if (static_cast<int>(ranking.plans.size()) > result_count_) {
      ranking.plans.resize(result_count_);
    }
  }

  const SearchGraph& graph_;
  const SumObjective& objective_;
  const LimitedSums limits_;
  const int result_count_;
  const Deadline& deadline_;
};

}  // namespace

Ranking rank_by_sum(const SearchGraph& graph, const SumObjective& objective,
                    const std::vector<SumLimit>& limits, int result_count,
                    const Deadline& deadline) {
  return SumSearch(graph, objective, limits, result_count, deadline).rank();
}

}  // namespace scission::search_detail
