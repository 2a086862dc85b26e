#include "search/best_first.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

#include "search/dominance.hpp"
#include "search/plan_checks.hpp"
#include "search/prefix_tree.hpp"
#include "search/ranked_options.hpp"
#include "search/steps.hpp"

namespace scission::search_detail {
namespace {

constexpr std::size_t first_capacity = 64;  // options kept of a state that nobody asked much of
constexpr std::size_t capacity_growth = 8;
constexpr int steps_a_look = 64;

struct Entry {
  Cost cost;  // no member costs less; of a final one exact
  int node;
  bool is_final;
};

}  // namespace

Cost Enumeration::exact_cost(const Plan& plan) const {
  const Cost sum = objective->sum_of(plan);
  if (period_weight == 0) return sum;
  const double period_s = plan_cost(space->problem(), plan, space->rules().input_bytes).period_s;
  return sum + objective->ticks()(period_weight * period_s);
}

class BestFirst::Impl {
 public:
  Impl(const Enumeration& enumeration, const Deadline& deadline)
      : e_(enumeration),
        space_(*e_.space),
        rules_(space_.rules()),
        history_(*e_.history),
        steps_(space_, history_),
        deadline_(deadline),
        visits_once_(!rules_.in_platform_order && !rules_.may_revisit),
        is_exact_(e_.guide == e_.objective && e_.period_weight == 0),
        checks_(space_, tree_),
        needs_checks_(checks_.are_needed()),
        dominance_(e_.result_count),
        uses_dominance_(can_use_dominance()),
        frontier_(Later{this}) {
    push({}, std::vector<Cost>(e_.sums.size(), 0));
  }

  std::optional<Plan> next() {
    while (!frontier_.empty()) {
      if (++looks_ % steps_a_look == 0 && deadline_.has_passed()) was_stopped_ = true;
      if (was_stopped_) return std::nullopt;
      const Entry top = frontier_.top();
      frontier_.pop();
      if (top.is_final) return tree_.plan_of(top.node);
      push_next_sibling(top.node);
      if (uses_dominance_ && is_dominated(top.node)) {
        has_dropped_ = true;
        continue;
      }
      if (!steps_.completes(tree_[top.node])) {
        push_child(top.node);
      } else if (is_exact_) {
        return tree_.plan_of(top.node);
      } else {
        push_final(top.node);
      }
    }
    return std::nullopt;
  }

  bool was_stopped() const { return was_stopped_; }
  bool has_dropped() const { return has_dropped_; }
  Cost bound() const { return frontier_.empty() ? unreachable : frontier_.top().cost; }

 private:
  // Orders the frontier: the smaller cost first, then the smaller choice at the first difference.
  struct Later {
    const Impl* impl;
    bool operator()(const Entry& a, const Entry& b) const {
      return a.cost != b.cost ? a.cost > b.cost : impl->comes_later(a.node, b.node);
    }
  };

  bool comes_later(int a, int b) const {
    tree_.list_choices(a, choices_a_);
    tree_.list_choices(b, choices_b_);
    return choices_a_ > choices_b_;
  }

  // The set of plans that go on from the beginning with the node's rank-th option or a later one,
  // as far as they are allowed.
  void push(Node node, const std::vector<Cost>& spent) {
    for (; const Option* option = option_at(node); ++node.rank) {
      node.choice = option->choice;
      if (!is_allowed(node, spent)) continue;
      const Cost cost = node.before + option->cost - e_.offset + period_cost(node.busy);
      spent_.insert(spent_.end(), spent.begin(), spent.end());
      frontier_.push({cost, tree_.add(node), false});
      return;
    }
  }

  void push_next_sibling(int index) {
    Node sibling = tree_[index];
    ++sibling.rank;
    push(sibling, spent_before(index));
  }

  void push_child(int index) {
    const Node& node = tree_[index];
    Node child = steps_.after(node);
    child.parent = index;
    child.before = node.before + steps_.cost(node, *e_.guide);
    if (e_.period_weight > 0) child.busy = std::max(node.busy, busy_time(space_, node));
    push(child, spent_after(index));
  }

  void push_final(int index) { frontier_.push({e_.exact_cost(tree_.plan_of(index)), index, true}); }

  bool is_allowed(const Node& node, const std::vector<Cost>& spent) const {
    if (visits_once_ && node.step == Step::next_system && !history_.is_critical(node.choice) &&
        tree_.visits(node.parent, node.choice)) {
      return false;
    }
    if (needs_checks_ && !checks_.allow(node)) return false;
    for (std::size_t sum = 0; sum < spent.size(); ++sum) {
      const SumBound& bound = e_.sums[sum];
      if (bound.most >= unreachable) continue;
      const Cost rest = steps_.least_rest(node, *bound.to_go);
      if (rest >= unreachable || spent[sum] + steps_.cost(node, *bound.costs) + rest > bound.most) {
        return false;
      }
    }
    return true;
  }

  std::vector<Cost> spent_before(int index) const {
    const auto first = spent_.begin() + static_cast<long>(index * e_.sums.size());
    return {first, first + static_cast<long>(e_.sums.size())};
  }

  std::vector<Cost> spent_after(int index) const {
    std::vector<Cost> spent = spent_before(index);
    for (std::size_t sum = 0; sum < spent.size(); ++sum) {
      spent[sum] += steps_.cost(tree_[index], *e_.sums[sum].costs);
    }
    return spent;
  }

  bool can_use_dominance() const {
    constexpr int most_results = 64;  // with more it hardly ever drops anything
    return (visits_once_ || needs_checks_ || !e_.sums.empty()) && e_.period_weight == 0 &&
           e_.result_count <= most_results;
  }

  // Where the guide is not the objective, the objective is the first of the sums.
  bool is_dominated(int index) {
    const Node& node = tree_[index];
    if (node.step != Step::end || steps_.completes(node)) return false;
    Label label;
    if (is_exact_) label.spent.push_back(node.before + steps_.cost(node, *e_.guide));
    for (Cost sum : spent_after(index)) label.spent.push_back(sum);
    if (needs_checks_) {
      for (Cost used : checks_.used_up(index)) label.spent.push_back(used);
    }
    if (visits_once_) label.visited = tree_.visited(index, space_.system_count());
    label.choices = tree_.choices(index);
    return dominance_.dominates_or_adds(state_key(Step::end, node.state, node.choice, node.system),
                                        std::move(label));
  }

  std::size_t state_key(Step step, int state, int block, int system) const {
    std::size_t key = static_cast<std::size_t>(state) * (space_.block_count() + 1) + block;
    key = key * space_.system_count() + system;
    return key * step_kinds + static_cast<std::size_t>(step);
  }

  // The options of a state depend on nothing but the state, so they are made once. nullptr when
  // there are not that many.
  const Option* option_at(const Node& node) {
    const std::size_t key = state_key(node.step, node.state, node.block, node.system);
    auto found = options_.find(key);
    if (found == options_.end()) {
      found = options_
                  .emplace(key, RankedOptions(steps_.list_options(node, *e_.guide, *e_.to_go),
                                              first_capacity))
                  .first;
    }
    const Option* option = found->second.at(node.rank);
    if (option != nullptr || found->second.is_all()) return option;
    found->second = RankedOptions(steps_.list_options(node, *e_.guide, *e_.to_go),
                                  found->second.capacity() * capacity_growth);
    return found->second.at(node.rank);
  }

  Cost period_cost(Cost busy) const {
    if (e_.period_weight == 0) return 0;
    const double period_s = space_.clock().amount(std::max(busy, e_.least_period));
    return e_.objective->ticks()(e_.period_weight * period_s);
  }

  const Enumeration e_;
  const Space& space_;
  const Rules& rules_;
  const History& history_;
  const Steps steps_;
  const Deadline& deadline_;
  const bool visits_once_;
  const bool is_exact_;  // the cost of a set is that of its best member
  PrefixTree tree_;
  std::vector<Cost> spent_;  // [node, sum]: of the beginning
  PlanChecks checks_;
  const bool needs_checks_;
  Dominance dominance_;
  const bool uses_dominance_;
  std::unordered_map<std::size_t, RankedOptions> options_;  // by state_key()
  std::priority_queue<Entry, std::vector<Entry>, Later> frontier_;
  mutable std::vector<int> choices_a_, choices_b_;  // for comes_later()
  unsigned looks_ = 0;
  bool was_stopped_ = false;
  bool has_dropped_ = false;
};

BestFirst::BestFirst(const Enumeration& enumeration, const Deadline& deadline)
    : impl_(std::make_unique<Impl>(enumeration, deadline)) {}

BestFirst::~BestFirst() = default;

std::optional<Plan> BestFirst::next() { return impl_->next(); }

bool BestFirst::was_stopped() const { return impl_->was_stopped(); }

bool BestFirst::has_dropped() const { return impl_->has_dropped(); }

Cost BestFirst::bound() const { return impl_->bound(); }

}  // namespace scission::search_detail
