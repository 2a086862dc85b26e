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

// What a prefix has used: by every limited sum or, where its codecs have to be chosen, for each way
// to code it.
struct Used {
  std::vector<Cost> spent;
  std::shared_ptr<const CodecLabels> coded;
};

// The choices that a prefix may take: no repeated visit, no excess of memory, period or sums.
class PrefixFilter {
 public:
  PrefixFilter(const Enumeration& e, const Steps& steps, const PrefixTree& tree,
               const std::optional<CodecChooser>& chooser)
      : e_(e),
        steps_(steps),
        tree_(tree),
        chooser_(chooser),
        visits_once_(e.graph->constraints().visits_once()) {
    PlanChecks checks(*e.graph, tree);
    if (checks.are_needed()) checks_.emplace(checks);
  }

  bool allows(const Node& node, const Used& used) const {
    if (visits_once_ && repeats_visit(node)) return false;
    if (checks_ && !checks_->allow(node)) return false;
    for (std::size_t sum = 0; sum < used.spent.size(); ++sum) {
      if (!keeps_limit(node, e_.sums[sum], used.spent[sum])) return false;
    }
    return !chooser_ || chooser_->allows(*used.coded, node);
  }

  bool visits_once() const { return visits_once_; }
  const std::optional<PlanChecks>& checks() const { return checks_; }

 private:
  // Label states see to the critical systems already.
  bool repeats_visit(const Node& node) const {
    return node.step == Step::next_system && !e_.states->is_critical(node.choice) &&
           tree_.visits(node.parent, node.choice);
  }

  bool keeps_limit(const Node& node, const SumBound& bound, Cost spent) const {
    if (bound.max >= unreachable) return true;
    const Cost rest = steps_.min_rest(node, *bound.to_go);
    return rest < unreachable && spent + steps_.cost(node, *bound.costs) + rest <= bound.max;
  }

  const Enumeration& e_;
  const Steps& steps_;
  const PrefixTree& tree_;
  const std::optional<CodecChooser>& chooser_;
  const bool visits_once_;
  std::optional<PlanChecks> checks_;
};

class BestFirst {
 public:
  BestFirst(const Enumeration& enumeration, const Deadline& deadline)
      : e_(enumeration),
        deadline_(deadline),
        steps_(*e_.graph, *e_.states),
        period_(e_),
        options_(e_, steps_),
        chooser_(CodecChooser::is_needed(e_)
                     ? std::optional<CodecChooser>(std::in_place, e_, steps_)
                     : std::nullopt),
        filter_(e_, steps_, tree_, chooser_),
        bound_is_exact_(e_.relaxed == e_.objective && period_.is_absent()),
        frontier_(Later{this}) {
    if (profits_from_dominance()) dominance_.emplace(e_.result_count);
    if (chooser_) {
      push({}, {{}, std::make_shared<const CodecLabels>(chooser_->start())});
    } else {
      push({}, {std::vector<Cost>(e_.sums.size(), 0), nullptr});
    }
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
  // The next feasible plan; empty when there are no more, or when the deadline has passed.
  std::optional<Plan> next() {
    while (!frontier_.empty() && !is_time_up()) {
      const Entry top = frontier_.top();
      frontier_.pop();
      if (top.is_final) return final_plan(top.node);
      push_next_sibling(top.node);
      if (dominance_ && is_dominated(top.node)) {
        has_dropped_ = true;
      } else if (!steps_.completes(tree_[top.node])) {
        push_child(top.node);
      } else if (bound_is_exact_ && !chooser_) {
        return with_codecs(tree_.plan_of(top.node));
      } else {
        push_final(top.node);
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
    if (++looks_ % period == 0 && deadline_.has_passed()) was_stopped_ = true;
    return was_stopped_;
  }

  // Adds the set of plans that continue the prefix with the node's rank-th option or a later one,
  // as far as these are allowed.
  void push(Node node, const Used& used) {
    for (; const Option* option = options_.find(node); ++node.rank) {
      node.choice = option->choice;
      if (!filter_.allows(node, used)) continue;
      const Cost cost = node.before + option->cost - e_.offset + period_.min_cost(node.busy);
      spent_.insert(spent_.end(), used.spent.begin(), used.spent.end());
      if (chooser_) coded_.push_back(used.coded);
      frontier_.push({cost, tree_.add(node), false});
      return;
    }
  }

  void push_next_sibling(int index) {
    Node sibling = tree_[index];
    ++sibling.rank;
    push(sibling, used_before(index));
  }

  void push_child(int index) {
    const Node& node = tree_[index];
    Node child = steps_.after(node);
    child.parent = index;
    const Used used = used_after(index);
    child.before =
        chooser_ ? used.coded->min_relaxed_cost() : node.before + steps_.cost(node, *e_.relaxed);
    child.busy = period_.busiest_after(node);
    push(child, used);
  }

  void push_final(int index) {
    Plan plan = tree_.plan_of(index);
    if (!chooser_) {
      frontier_.push({e_.exact_cost(plan), index, true});
    } else if (auto best = chooser_->best(plan, *used_after(index).coded)) {
      frontier_.push({best->cost, index, true});
      coded_finals_.emplace(index, std::move(best->plan));
    }
  }

  Plan final_plan(int index) {
    return chooser_ ? std::move(coded_finals_.at(index)) : tree_.plan_of(index);
  }

  // Where nothing else counts, each hop has the codec of least cost.
  Plan with_codecs(Plan plan) const {
    return e_.graph->has_codecs() ? e_.objective->with_best_codecs(std::move(plan)) : plan;
  }

  Used used_before(int index) const {
    if (chooser_) return {{}, coded_[index]};
    const auto first = spent_.begin() + static_cast<long>(index * e_.sums.size());
    return {{first, first + static_cast<long>(e_.sums.size())}, nullptr};
  }

  Used used_after(int index) const {
    Used used = used_before(index);
    if (chooser_) {
      used.coded = std::make_shared<const CodecLabels>(chooser_->after(*used.coded, tree_[index]));
    }
    for (std::size_t sum = 0; sum < used.spent.size(); ++sum) {
      used.spent[sum] += steps_.cost(tree_[index], *e_.sums[sum].costs);
    }
    return used;
  }

  // Where the cost to go is exact for every prefix, or many plans are wanted, nothing is dropped.
  bool profits_from_dominance() const {
    constexpr int max_results = 64;
    if (chooser_ && !chooser_->is_comparable()) return false;
    const bool has_hard_constraints =
        filter_.visits_once() || filter_.checks() || !e_.sums.empty() || chooser_;
    return has_hard_constraints && period_.is_absent() && e_.result_count <= max_results;
  }

  // Whether another prefix that ends in the same state is at least as good in every resource that
  // the rest of a plan can depend on: cost so far, spent sums, used-up checks, and visited systems.
  // The label is added otherwise. With codecs the label has a row for each undominated choice of
  // codecs. Where the guiding cost is not the objective, the objective is the first of the sums.
  bool is_dominated(int index) {
    const Node& node = tree_[index];
    if (node.step != Step::end || steps_.completes(node)) return false;
    Label label;
    const Used used = used_after(index);
    std::vector<Cost> checked;
    if (filter_.checks()) checked = filter_.checks()->used_up(index);
    if (chooser_) {
      const std::vector<Cost> rows = chooser_->rows(*used.coded);
      const auto width = static_cast<std::ptrdiff_t>(chooser_->row_width());
      for (auto row = rows.begin(); row != rows.end(); row += width) {
        label.spent.insert(label.spent.end(), row, row + width);
        label.spent.insert(label.spent.end(), checked.begin(), checked.end());
      }
      label.row_width = chooser_->row_width() + checked.size();
    } else {
      if (bound_is_exact_) label.spent.push_back(node.before + steps_.cost(node, *e_.relaxed));
      label.spent.insert(label.spent.end(), used.spent.begin(), used.spent.end());
      label.spent.insert(label.spent.end(), checked.begin(), checked.end());
      label.row_width = label.spent.size();
    }
    if (filter_.visits_once()) label.visited = tree_.visited(index, e_.graph->system_count());
    label.choices = tree_.choices(index);
    return dominance_->dominates_or_adds(
        state_key(*e_.graph, Step::end, node.state, node.choice, node.system), std::move(label));
  }

  const Enumeration& e_;
  const Deadline& deadline_;
  const Steps steps_;
  PrefixTree tree_;
  const PeriodTerm period_;
  OptionTable options_;
  const std::optional<CodecChooser> chooser_;  // empty where each hop's cheapest codec is the best
  const PrefixFilter filter_;
  const bool bound_is_exact_;           // complete plans need no second ranking by exact_cost()
  std::optional<Dominance> dominance_;  // empty where nothing would be dropped
  std::vector<Cost> spent_;             // [node, sum]: of the prefix; empty with a chooser
  std::vector<std::shared_ptr<const CodecLabels>> coded_;  // [node]: of the prefix
  std::unordered_map<int, Plan> coded_finals_;             // by node
  std::priority_queue<Entry, std::vector<Entry>, Later> frontier_;
  mutable std::vector<int> choices_a_, choices_b_;  // for comes_later()
  unsigned looks_ = 0;
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
  return BestFirst(enumeration, deadline).run();
}

}  // namespace scission::search_detail
