// The smallest set of plans that is near-optimal in every condition: exact set cover.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>

#include "base/require.hpp"
#include "scission/sweep.hpp"

namespace scission {
namespace {

/// A bit set of condition indices. All sets of one search have the same size.
using ConditionSet = std::vector<std::uint64_t>;

ConditionSet set_of_size(std::size_t size) { return ConditionSet((size + 63) / 64, 0); }

bool holds(const ConditionSet& set, std::size_t element) {
  return ((set[element / 64] >> (element % 64)) & 1U) != 0;
}

void insert(std::size_t element, ConditionSet& set) {
  set[element / 64] |= std::uint64_t{1} << element % 64;
}

std::size_t size_of(const ConditionSet& set) {
  std::size_t size = 0;
  for (const std::uint64_t word : set) size += static_cast<std::size_t>(std::popcount(word));
  return size;
}

ConditionSet without(const ConditionSet& set, const ConditionSet& other) {
  ConditionSet left = set;
  for (std::size_t i = 0; i < left.size(); ++i) left[i] &= ~other[i];
  return left;
}

std::size_t common_size(const ConditionSet& a, const ConditionSet& b) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    size += static_cast<std::size_t>(std::popcount(a[i] & b[i]));
  }
  return size;
}

/// Covers the conditions that have any time.
class SetCoverSearch {
 public:
  SetCoverSearch(const Sweep& sweep, double tolerance, std::size_t max_steps)
      : steps_left_(max_steps), all_(set_of_size(sweep.conditions.size())) {
    sets_.assign(sweep.plans.size(), all_);
    plans_of_.resize(sweep.conditions.size());
    for (std::size_t i = 0; i < sweep.conditions.size(); ++i)
      add(sweep.conditions[i], i, tolerance);
    drop_dominated();
  }

  PlanSet run(double tolerance) {
    PlanSet set;
    set.tolerance = tolerance;
    std::vector<std::size_t> best = greedy();
    set.lower_bound = lower_bound();
    for (; set.lower_bound < best.size(); ++set.lower_bound) {
      chosen_.clear();
      if (can_cover(all_, set.lower_bound)) {
        best = chosen_;
        break;
      }
      if (steps_left_ == 0) break;
    }
    set.is_minimal = set.lower_bound == best.size();
    set.plans = std::move(best);
    sort_by_size(set.plans);
    for (const std::size_t plan : set.plans) set.conditions.push_back(size_of(sets_[plan]));
    return set;
  }

 private:
  void add(const Condition& condition, std::size_t index, double tolerance) {
    double best = 0;
    for (const PlanTime& time : condition.times) {
      if (time.is_measured() && (best == 0 || time.seconds < best)) best = time.seconds;
    }
    if (best == 0) return;
    insert(index, all_);
    for (std::size_t plan = 0; plan < sets_.size(); ++plan) {
      const PlanTime& time = condition.times[plan];
      if (time.is_measured() && time.seconds <= (1 + tolerance) * best) insert(index, sets_[plan]);
    }
  }

  bool is_dominated(std::size_t plan) const {
    for (std::size_t other = 0; other < sets_.size(); ++other) {
      if (other == plan || size_of(without(sets_[plan], sets_[other])) > 0) continue;
      // Of equal sets the first is kept.
      if (sets_[other] != sets_[plan] || other < plan) return true;
    }
    return false;
  }

  /// Ignores plans whose conditions another plan covers as well.
  void drop_dominated() {
    for (std::size_t plan = 0; plan < sets_.size(); ++plan) {
      if (is_dominated(plan)) continue;
      for (std::size_t i = 0; i < plans_of_.size(); ++i) {
        if (holds(sets_[plan], i)) plans_of_[i].push_back(plan);
      }
      useful_.push_back(plan);
    }
  }

  void sort_by_size(std::vector<std::size_t>& plans) const {
    std::stable_sort(plans.begin(), plans.end(), [this](std::size_t a, std::size_t b) {
      return size_of(sets_[a]) > size_of(sets_[b]);
    });
  }

  std::vector<std::size_t> greedy() const {
    std::vector<std::size_t> chosen;
    ConditionSet open = all_;
    while (size_of(open) > 0) {
      const auto next =
          std::max_element(useful_.begin(), useful_.end(), [&](std::size_t a, std::size_t b) {
            return common_size(open, sets_[a]) < common_size(open, sets_[b]);
          });
      chosen.push_back(*next);
      open = without(open, sets_[*next]);
    }
    return chosen;
  }

  /// The size of a greedy set of conditions no two of which share a plan: each needs its own plan.
  std::size_t lower_bound() const {
    std::vector<std::size_t> order(plans_of_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      return plans_of_[a].size() < plans_of_[b].size();
    });
    std::vector<bool> is_taken(sets_.size(), false);
    std::size_t count = 0;
    for (const std::size_t condition : order) {
      const std::vector<std::size_t>& plans = plans_of_[condition];
      if (plans.empty()) continue;
      if (std::any_of(plans.begin(), plans.end(), [&](std::size_t p) { return is_taken[p]; })) {
        continue;
      }
      for (const std::size_t plan : plans) is_taken[plan] = true;
      ++count;
    }
    return count;
  }

  /// The open condition that the fewest plans can cover.
  std::size_t hardest(const ConditionSet& open) const {
    std::size_t hardest = plans_of_.size();
    for (std::size_t i = 0; i < plans_of_.size(); ++i) {
      if (!holds(open, i)) continue;
      if (hardest == plans_of_.size() || plans_of_[i].size() < plans_of_[hardest].size()) {
        hardest = i;
      }
    }
    return hardest;
  }

  bool is_hopeless(const ConditionSet& open, std::size_t plans) const {
    std::size_t largest = 0;
    for (const std::size_t plan : useful_)
      largest = std::max(largest, common_size(open, sets_[plan]));
    return plans * largest < size_of(open);
  }

  /// Whether `plans` more plans cover `open`; if so, they are in chosen_.
  bool can_cover(const ConditionSet& open, std::size_t plans) {
    if (size_of(open) == 0) return true;
    if (plans == 0 || steps_left_ == 0) return false;
    --steps_left_;
    if (is_hopeless(open, plans)) return false;
    for (const std::size_t plan : plans_of_[hardest(open)]) {
      chosen_.push_back(plan);
      if (can_cover(without(open, sets_[plan]), plans - 1)) return true;
      chosen_.pop_back();
    }
    return false;
  }

  std::size_t steps_left_;
  ConditionSet all_;
  std::vector<ConditionSet> sets_;  ///< [plan], the conditions in which it is within the tolerance
  std::vector<std::size_t> useful_;
  std::vector<std::vector<std::size_t>> plans_of_;  ///< [condition], useful plans that cover it
  std::vector<std::size_t> chosen_;
};

}  // namespace

PlanSet minimal_plan_set(const Sweep& sweep, double tolerance, std::size_t max_steps) {
  validate_sweep(sweep, sweep.model);
  if (!(tolerance >= 0)) {
    throw_invalid_argument("the tolerance must be a share of at least 0");
  }
  return SetCoverSearch(sweep, tolerance, max_steps).run(tolerance);
}

}  // namespace scission
