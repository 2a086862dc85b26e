// The smallest set of plans that is good enough everywhere.
#include <algorithm>
#include <numeric>

#include "scission/base/error.hpp"
#include "scission/sweep/adaptive_analysis.hpp"
#include "sweep/condition_set.hpp"

namespace scission {
namespace {

/// Set cover over the conditions that have any time.
class CoverSearch {
 public:
  CoverSearch(const AdaptiveGrid& grid, double within, std::size_t most_steps)
      : steps_left_(most_steps), all_(set_of_size(grid.conditions.size())) {
    sets_.assign(grid.plans.size(), all_);
    plans_of_.resize(grid.conditions.size());
    for (std::size_t i = 0; i < grid.conditions.size(); ++i) add(grid.conditions[i], i, within);
    drop_dominated();
  }

  PlanCover run(double within) {
    PlanCover cover;
    cover.within = within;
    std::vector<std::size_t> best = greedy();
    cover.at_least = lower_bound();
    for (; cover.at_least < best.size(); ++cover.at_least) {
      chosen_.clear();
      if (reaches(all_, cover.at_least)) {
        best = chosen_;
        break;
      }
      if (steps_left_ == 0) break;
    }
    cover.is_smallest = cover.at_least == best.size();
    cover.plans = std::move(best);
    sort_by_size(cover.plans);
    for (const std::size_t plan : cover.plans) cover.conditions.push_back(size_of(sets_[plan]));
    return cover;
  }

 private:
  void add(const Condition& condition, std::size_t index, double within) {
    double best = 0;
    for (const PlanTime& time : condition.times) {
      if (time.is_measured() && (best == 0 || time.seconds < best)) best = time.seconds;
    }
    if (best == 0) return;
    insert(index, all_);
    for (std::size_t plan = 0; plan < sets_.size(); ++plan) {
      const PlanTime& time = condition.times[plan];
      if (time.is_measured() && time.seconds <= (1 + within) * best) insert(index, sets_[plan]);
    }
  }

  bool is_dominated(std::size_t plan) const {
    for (std::size_t other = 0; other < sets_.size(); ++other) {
      if (other == plan || size_of(without(sets_[plan], sets_[other])) > 0) continue;
      // Of equal ones the first stays.
      if (sets_[other] != sets_[plan] || other < plan) return true;
    }
    return false;
  }

  /// A plan that is good enough only where another one is as well is not needed.
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

  /// Conditions no two of which share a plan need a plan each.
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
    std::size_t most = 0;
    for (const std::size_t plan : useful_) most = std::max(most, common_size(open, sets_[plan]));
    return plans * most < size_of(open);
  }

  /// Whether so many more plans cover what is open; then they are in chosen_.
  bool reaches(const ConditionSet& open, std::size_t plans) {
    if (size_of(open) == 0) return true;
    if (plans == 0 || steps_left_ == 0) return false;
    --steps_left_;
    if (is_hopeless(open, plans)) return false;
    for (const std::size_t plan : plans_of_[hardest(open)]) {
      chosen_.push_back(plan);
      if (reaches(without(open, sets_[plan]), plans - 1)) return true;
      chosen_.pop_back();
    }
    return false;
  }

  std::size_t steps_left_;
  ConditionSet all_;
  std::vector<ConditionSet> sets_;  ///< of a plan: the conditions in which it is fast enough
  std::vector<std::size_t> useful_;
  std::vector<std::vector<std::size_t>> plans_of_;  ///< of a condition: useful plans that cover it
  std::vector<std::size_t> chosen_;
};

}  // namespace

PlanCover smallest_cover(const AdaptiveGrid& grid, double within, std::size_t most_steps) {
  check_grid(grid, grid.model);
  if (!(within >= 0)) {
    throw Error(ErrorCode::invalid_argument, "how far from the best must be a share of at least 0");
  }
  return CoverSearch(grid, within, most_steps).run(within);
}

}  // namespace scission
