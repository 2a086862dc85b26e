#include "search/best_first.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

#include "search/codec_labels.hpp"
#include "search/prefix_tree.hpp"

namespace scission::search_detail {
namespace {

// A set of plans in the frontier.
struct Entry {
  Cost cost;  // lower bound on its members; of a final one exact
  int node;
  bool is_final;  // a single complete plan
};

std::size_t state_key(const SearchGraph& graph, Step step, int state, int block, int system) {
  std::size_t key = static_cast<std::size_t>(state) * (graph.block_count() + 1) + block;
  key = key * graph.system_count() + system;
  return key * step_kinds + static_cast<std::size_t>(step);
}

// The part of the objective that weighs the period: no sum, but bounded from below by the busiest
// step of a prefix.
class PeriodTerm {
 public:
  explicit PeriodTerm(const Enumeration& e) : e_(e) {}

  bool is_absent() const { return e_.period_weight == 0; }

  Cost busiest_after(const Node& node) const {
    return is_absent() ? 0 : std::max(node.busy, busy_time(*e_.graph, node));
  }

  Cost min_cost(Cost busy) const {
    if (is_absent()) return 0;
    const double period_s = e_.graph->clock().amount(std::max(busy, e_.min_period));
    return e_.objective->ticks()(e_.period_weight * period_s);
  }

 private:
  const Enumeration& e_;
};

// The options of every state, ranked. They depend on the state alone, so they are listed once.
class OptionTable {
 public:
  OptionTable(const Enumeration& e, const Steps& steps) : e_(e), steps_(steps) {}

  // The node's option by its rank; nullptr when there are not that many.
  const Option* find(const Node& node) {
    constexpr std::size_t first_capacity = 64;
    constexpr std::size_t capacity_growth = 8;
    const std::size_t key = state_key(*e_.graph, node.step, node.state, node.block, node.system);
    auto found = options_.find(key);
    if (found == options_.end()) {
      found = options_.emplace(key, RankedOptions(list(node), first_capacity)).first;
    }
    const Option* option = found->second.at(node.rank);
    if (option != nullptr || found->second.is_all()) return option;
    found->second = RankedOptions(list(node), found->second.capacity() * capacity_growth);
    return found->second.at(node.rank);
  }

 private:
  std::vector<Option> list(const Node& node) const {
    return steps_.list_options(node, *e_.relaxed, *e_.to_go);
  }

  const Enumeration& e_;
  const Steps& steps_;
  std::unordered_map<std::size_t, RankedOptions> options_;  // by state_key()
};

// What prefixes have spent of every limited sum, where the cheapest codec of each hop is the best.
class FixedCodecs {
 public:
  using Spent = std::vector<Cost>;  // by sum

  FixedCodecs(const Enumeration& e, const Steps& steps) : e_(e), steps_(steps) {}

  Spent start() const { return Spent(e_.sums.size(), 0); }

  Spent after(Spent before, const Node& node) const {
    for (std::size_t sum = 0; sum < before.size(); ++sum) {
      before[sum] += steps_.cost(node, *e_.sums[sum].costs);
    }
    return before;
  }

  bool allow(const Spent& before, const Node& node) const {
    for (std::size_t sum = 0; sum < before.size(); ++sum) {
      if (!keeps_limit(node, e_.sums[sum], before[sum])) return false;
    }
    return true;
  }

  Cost relaxed_cost_after(const Node& node, const Spent&) const {
    return node.before + steps_.cost(node, *e_.relaxed);
  }

  // Spent by the tree's nodes, before their choices.
  void store(const Spent& spent) { stored_.insert(stored_.end(), spent.begin(), spent.end()); }
  Spent stored(int index) const {
    const auto first = stored_.begin() + static_cast<std::ptrdiff_t>(index * e_.sums.size());
    return {first, first + static_cast<std::ptrdiff_t>(e_.sums.size())};
  }

  bool are_limited() const { return !e_.sums.empty(); }
  bool are_comparable() const { return true; }

  // One row. Where the relaxed cost is not the objective, the objective is the first of the sums.
  void add_rows(const Node& node, const Spent& after, const std::vector<Cost>& used_up,
                Label& label) const {
    if (is_bound_exact()) label.spent.push_back(relaxed_cost_after(node, after));
    label.spent.insert(label.spent.end(), after.begin(), after.end());
    label.spent.insert(label.spent.end(), used_up.begin(), used_up.end());
    label.row_width = label.spent.size();
  }

  // Whether the bound on a single plan is its cost, so that it needs no second ranking.
  bool is_bound_exact() const { return e_.relaxed == e_.objective && e_.period_weight == 0; }

  std::optional<RankedPlan> complete(Plan plan, const Spent&) const {
    const Cost cost = e_.exact_cost(plan);
    if (e_.graph->has_codecs()) plan = e_.objective->with_best_codecs(std::move(plan));
    return RankedPlan{std::move(plan), cost};
  }

 private:
  bool keeps_limit(const Node& node, const SumBound& bound, Cost spent) const {
    if (bound.max >= unreachable) return true;
    const Cost rest = steps_.min_rest(node, *bound.to_go);
    return rest < unreachable && spent + steps_.cost(node, *bound.costs) + rest <= bound.max;
  }

  const Enumeration& e_;
  const Steps& steps_;
  std::vector<Cost> stored_;  // [node, sum]
};

// The same where codecs have to be chosen: for each undominated way to code a prefix.
class ChosenCodecs {
 public:
  using Spent = std::shared_ptr<const CodecLabels>;

  ChosenCodecs(const Enumeration& e, const Steps& steps) : chooser_(e, steps) {}

  Spent start() const { return std::make_shared<const CodecLabels>(chooser_.start()); }
  Spent after(const Spent& before, const Node& node) const {
    return std::make_shared<const CodecLabels>(chooser_.after(*before, node));
  }
  bool allow(const Spent& before, const Node& node) const { return chooser_.allows(*before, node); }
  Cost relaxed_cost_after(const Node&, const Spent& after) const {
    return after->min_relaxed_cost();
  }

  void store(const Spent& spent) { stored_.push_back(spent); }
  Spent stored(int index) const { return stored_[index]; }

  bool are_limited() const { return true; }
  bool are_comparable() const { return chooser_.is_comparable(); }

  // A row for each way to code the prefix.
  void add_rows(const Node&, const Spent& after, const std::vector<Cost>& used_up,
                Label& label) const {
    const std::vector<Cost> rows = chooser_.rows(*after);
    const auto width = static_cast<std::ptrdiff_t>(chooser_.row_width());
    for (auto row = rows.begin(); row != rows.end(); row += width) {
      label.spent.insert(label.spent.end(), row, row + width);
      label.spent.insert(label.spent.end(), used_up.begin(), used_up.end());
    }
    label.row_width = chooser_.row_width() + used_up.size();
  }

  bool is_bound_exact() const { return false; }
  std::optional<RankedPlan> complete(const Plan& stages, const Spent& spent) const {
    return chooser_.best(stages, *spent);
  }

 private:
  CodecChooser chooser_;
  std::vector<Spent> stored_;  // [node]
};

// The choices that a prefix may take, sums aside: no repeated visit, no excess of memory or period.
class PrefixFilter {
 public:
  PrefixFilter(const Enumeration& e, const PrefixTree& tree)
      : e_(e), tree_(tree), visits_once_(e.graph->constraints().visits_once()) {
    PlanChecks checks(*e.graph, tree);
    if (checks.are_needed()) checks_.emplace(checks);
  }

  bool allows(const Node& node) const {
    if (visits_once_ && repeats_visit(node)) return false;
    return !checks_ || checks_->allow(node);
  }

  bool visits_once() const { return visits_once_; }
  const std::optional<PlanChecks>& checks() const { return checks_; }

 private:
  // Label states see to the critical systems already.
  bool repeats_visit(const Node& node) const {
    return node.step == Step::next_system && !e_.states->is_critical(node.choice) &&
           tree_.visits(node.parent, node.choice);
  }

  const Enumeration& e_;
  const PrefixTree& tree_;
  const bool visits_once_;
  std::optional<PlanChecks> checks_;
};

// Sums: FixedCodecs or ChosenCodecs.
template <typename Sums>
class BestFirst {
 public:
  BestFirst(const Enumeration& enumeration, const Deadline& deadline)
      : e_(enumeration),
        deadline_(deadline),
        steps_(*e_.graph, *e_.states),
        period_(e_),
        options_(e_, steps_),
        sums_(e_, steps_),
        filter_(e_, tree_),
        frontier_(Later{this}) {
    if (uses_dominance()) dominance_.emplace(e_.result_count);
    push({}, sums_.start());
  }

  EnumeratedPlans run() {
    EnumeratedPlans found;
    while (static_cast<int>(found.plans.size()) < e_.result_count) {
      std::optional<Plan> plan = next();
      if (!plan) break;
      found.plans.push_back(std::move(*plan));
    }
    found.was_stopped = was_stopped_;
    found.has_dropped = has_dropped_;
    if (!frontier_.empty()) found.bound = frontier_.top().cost;
    return found;
  }

 private:
  using Spent = typename Sums::Spent;

  // The next feasible plan; empty when there are no more, or when the deadline has passed.
  std::optional<Plan> next() {
    while (!frontier_.empty() && !is_time_up()) {
      const Entry top = frontier_.top();
      frontier_.pop();
      if (top.is_final) return std::move(finals_.at(top.node));
      push_next_sibling(top.node);
      if (dominance_ && is_dominated(top.node)) {
        has_dropped_ = true;
      } else if (!steps_.completes(tree_[top.node])) {
        push_child(top.node);
      } else if (auto plan = sums_.complete(tree_.plan_of(top.node), spent_after(top.node))) {
        if (sums_.is_bound_exact()) return std::move(plan->plan);
        frontier_.push({plan->cost, top.node, true});
        finals_.emplace(top.node, std::move(plan->plan));
      }
    }
    return std::nullopt;
  }

  // Orders the frontier: the smaller cost first, then the smaller choice at the first difference.
  struct Later {
    const BestFirst* search;
    bool operator()(const Entry& a, const Entry& b) const {
      return a.cost != b.cost ? a.cost > b.cost : search->comes_later(a.node, b.node);
    }
  };

  bool comes_later(int a, int b) const {
    tree_.list_choices(a, choices_a_);
    tree_.list_choices(b, choices_b_);
    return choices_a_ > choices_b_;
  }

  // Reads the clock once in a while.
  bool is_time_up() {
    constexpr unsigned period = 64;
    if (++clock_polls_ % period == 0 && deadline_.has_passed()) was_stopped_ = true;
    return was_stopped_;
  }

  // Adds the set of plans that continue the prefix with the node's rank-th option or a later one,
  // as far as these are allowed.
  void push(Node node, const Spent& spent) {
    for (; const Option* option = options_.find(node); ++node.rank) {
      node.choice = option->choice;
      if (!filter_.allows(node) || !sums_.allow(spent, node)) continue;
      const Cost cost = node.before + option->cost - e_.offset + period_.min_cost(node.busy);
      sums_.store(spent);
      frontier_.push({cost, tree_.add(node), false});
      return;
    }
  }

  void push_next_sibling(int index) {
    Node sibling = tree_[index];
    ++sibling.rank;
    push(sibling, sums_.stored(index));
  }

  void push_child(int index) {
    const Node& node = tree_[index];
    Node child = steps_.after(node);
    child.parent = index;
    const Spent spent = spent_after(index);
    child.before = sums_.relaxed_cost_after(node, spent);
    child.busy = period_.busiest_after(node);
    push(child, spent);
  }

  Spent spent_after(int index) const { return sums_.after(sums_.stored(index), tree_[index]); }

  // Where the cost to go is exact for every prefix, or many plans are wanted, nothing is dropped.
  bool uses_dominance() const {
    constexpr int max_results = 64;
    if (!sums_.are_comparable()) return false;
    const bool has_hard_constraints =
        filter_.visits_once() || filter_.checks() || sums_.are_limited();
    return has_hard_constraints && period_.is_absent() && e_.result_count <= max_results;
  }

  // Whether another prefix that ends in the same state is at least as good in every resource that
  // the rest of a plan can depend on: cost so far, spent sums, used-up checks, and visited systems.
  // The label is added otherwise.
  bool is_dominated(int index) {
    const Node& node = tree_[index];
    if (node.step != Step::end || steps_.completes(node)) return false;
    Label label;
    sums_.add_rows(node, spent_after(index),
                   filter_.checks() ? filter_.checks()->used_up(index) : std::vector<Cost>(),
                   label);
    if (filter_.visits_once()) label.visited = tree_.visited(index, e_.graph->system_count());
    label.choices = tree_.choices(index);
    return dominance_->is_dominated_or_adds(
        state_key(*e_.graph, Step::end, node.state, node.choice, node.system), std::move(label));
  }

  const Enumeration& e_;
  const Deadline& deadline_;
  const Steps steps_;
  PrefixTree tree_;
  const PeriodTerm period_;
  OptionTable options_;
  Sums sums_;
  const PrefixFilter filter_;
  std::optional<Dominance> dominance_;    // empty where nothing would be dropped
  std::unordered_map<int, Plan> finals_;  // in the frontier, by node
  std::priority_queue<Entry, std::vector<Entry>, Later> frontier_;
  mutable std::vector<int> choices_a_, choices_b_;  // for comes_later()
  unsigned clock_polls_ = 0;
  bool was_stopped_ = false;
  bool has_dropped_ = false;
};

}  // namespace

Cost Enumeration::exact_cost(const Plan& plan) const {
  const Cost sum = objective->sum_of(plan);
  if (period_weight == 0) return sum;
  const double period_s =
      plan_cost(graph->problem(), plan, graph->constraints().input_bytes).period_s;
  return sum + objective->ticks()(period_weight * period_s);
}

EnumeratedPlans best_first_search(const Enumeration& enumeration, const Deadline& deadline) {
  if (CodecChooser::is_needed(enumeration)) {
    return BestFirst<ChosenCodecs>(enumeration, deadline).run();
  }
  return BestFirst<FixedCodecs>(enumeration, deadline).run();
}

}  // namespace scission::search_detail
